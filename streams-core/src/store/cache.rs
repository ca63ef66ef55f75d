//! The typed cache under every store: a hash table over a slab of entries, with two lists of dirty
//! entries.
//!
//! What the disk lacks can be read in the order of keys, for scans that merge it with the disk. That
//! order is made when it is first asked for and kept up from then on: a store that is never scanned
//! pays nothing. In a store without a disk everything is lacking there.
//!
//! What does not depend on the types of an entry is in the `ledger`.

use std::collections::BTreeMap;

use super::ledger::{Entries, Header, Ledger, UNFLUSHED, UNLOGGED, USED, clamped};
use crate::Result;

/// The value of a key, in memory.
#[derive(Debug)]
pub struct Slot<V> {
    /// The value; `None` if the key is known to have none.
    pub value: Option<V>,
    /// The timestamp of the value, in milliseconds since the Unix epoch.
    pub timestamp: i64,
}

#[derive(Debug)]
struct Entry<K, V> {
    header: Header,
    key: K,
    slot: Slot<V>,
}

impl<K, V> Entries for Vec<Option<Entry<K, V>>> {
    fn len(&self) -> usize {
        self.len()
    }

    fn header(&self, index: usize) -> Option<&Header> {
        Some(&self.get(index)?.as_ref()?.header)
    }

    fn header_mut(&mut self, index: usize) -> Option<&mut Header> {
        Some(&mut self.get_mut(index)?.as_mut()?.header)
    }

    fn remove(&mut self, index: usize) {
        if let Some(place) = self.get_mut(index) {
            *place = None;
        }
    }

    fn entry_bytes(&self) -> usize {
        size_of::<Option<Entry<K, V>>>()
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Cache<K, V> {
    ledger: Ledger,
    entries: Vec<Option<Entry<K, V>>>,
}

impl<K, V> Cache<K, V> {
    pub(super) fn new(logs: bool) -> Self {
        Self { ledger: Ledger::new(logs), entries: Vec::new() }
    }

    /// The index of the entry with this hash for which `is_key` holds.
    #[inline]
    pub(super) fn find(&self, hash: u64, is_key: impl Fn(&K) -> bool) -> Option<u32> {
        self.ledger
            .table
            .find(hash, |&i| match self.entries.get(i as usize) {
                Some(Some(e)) => e.header.hash == hash && is_key(&e.key),
                _ => false,
            })
            .copied()
    }

    /// Adds an entry for a key that is not there.
    pub(super) fn insert(&mut self, hash: u64, key: K, slot: Slot<V>, bytes: Option<usize>) -> u32 {
        let entry = Some(Entry { header: self.ledger.header(hash, bytes), key, slot });
        let index = match self.ledger.free_place() {
            Some(index) => {
                if let Some(place) = self.entries.get_mut(index as usize) {
                    *place = entry;
                }
                index
            }
            None => {
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
        };
        self.ledger.enter(&self.entries, hash, index);
        index
    }

    /// The slot of an entry, to read.
    #[inline]
    pub(super) fn get(&mut self, index: u32) -> Option<&Slot<V>> {
        let entry = self.entries.get_mut(index as usize)?.as_mut()?;
        entry.header.flags |= USED;
        Some(&entry.slot)
    }

    /// The slot of an entry, to change: it becomes dirty.
    #[inline]
    pub(super) fn get_mut(&mut self, index: u32) -> Option<&mut Slot<V>> {
        let entry = self.entries.get_mut(index as usize)?.as_mut()?;
        self.ledger.owe(index, &mut entry.header.flags);
        Some(&mut entry.slot)
    }

    /// Sets an entry to what the changelog has: the one that was found, or a new one.
    pub(super) fn restore(&mut self, found: Option<u32>, hash: u64, key: K, slot: Slot<V>) {
        match found {
            None => {
                let index = self.insert(hash, key, slot, None);
                self.restored(index);
            }
            Some(index) => {
                if let Some(place) = self.restored(index) {
                    *place = slot;
                }
            }
        }
    }

    /// The slot of an entry, to change to what the changelog has.
    pub(super) fn restored(&mut self, index: u32) -> Option<&mut Slot<V>> {
        let entry = self.entries.get_mut(index as usize)?.as_mut()?;
        self.ledger.owe_disk(index, &mut entry.header.flags);
        Some(&mut entry.slot)
    }

    /// The slot of an entry, without a trace of that: it does not count as used.
    #[inline]
    pub(super) fn peek(&self, index: u32) -> Option<(&K, &Slot<V>)> {
        let entry = self.entries.get(index as usize)?.as_ref()?;
        Some((&entry.key, &entry.slot))
    }

    /// Brings the order of what the disk lacks up to date; `encode` appends a key.
    pub(super) fn put_in_order(
        &mut self,
        encode: impl Fn(&K, &mut Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        let entries = &self.entries;
        self.ledger.put_in_order(&mut |index, out| match entries.get(index as usize) {
            Some(Some(entry)) => encode(&entry.key, out).map(|()| true),
            _ => Ok(false),
        })
    }

    /// What the disk lacks, by encoded key, as of the last [`put_in_order`](Self::put_in_order).
    pub(super) fn order(&self) -> &BTreeMap<Vec<u8>, u32> {
        self.ledger.order()
    }

    /// Calls `each` with every entry owed to the changelog, then owes none.
    pub(super) fn log(
        &mut self,
        mut each: impl FnMut(&K, &mut Slot<V>) -> Result<()>,
    ) -> Result<()> {
        let entries = &mut self.entries;
        self.ledger.log(&mut |index| {
            if let Some(Some(entry)) = entries.get_mut(index as usize) {
                each(&entry.key, &mut entry.slot)?;
                entry.header.flags &= !UNLOGGED;
            }
            Ok(())
        })
    }

    /// Calls `each` with every entry owed to the disk; `each` gives the bytes it wrote.
    pub(super) fn flush(
        &mut self,
        mut each: impl FnMut(&K, &mut Slot<V>) -> Result<usize>,
    ) -> Result<()> {
        let entries = &mut self.entries;
        self.ledger.flush(&mut |index| {
            let Some(Some(entry)) = entries.get_mut(index as usize) else { return Ok((0, 0)) };
            let bytes = clamped(each(&entry.key, &mut entry.slot)?);
            Ok((bytes, std::mem::replace(&mut entry.header.bytes, bytes)))
        })
    }

    /// What was owed to the disk is on it.
    pub(super) fn flushed(&mut self) {
        self.ledger.flushed(&mut self.entries);
    }

    /// Approximate bytes in memory.
    pub(super) fn memory(&self) -> usize {
        self.ledger.memory(self.entries.entry_bytes())
    }

    /// Approximate bytes of entries owed to the changelog: their number, by the mean.
    pub(super) fn unlogged(&self) -> usize {
        self.ledger.unlogged(self.entries.entry_bytes())
    }

    /// Removes entries that nothing is owed for, least recently used first (by the clock algorithm:
    /// one pass spares what was used since the last), until `memory` is at most `target`. True if
    /// any was removed.
    pub(super) fn shrink(&mut self, target: usize) -> bool {
        self.ledger.shrink(&mut self.entries, target)
    }

    /// Removes entries that nothing is owed for and whose value `keep` does not want. Where there is
    /// no disk (`in_memory`), none is owed to it.
    pub(super) fn retain(&mut self, in_memory: bool, mut keep: impl FnMut(&mut V) -> bool) {
        let owed = if in_memory { UNLOGGED } else { UNLOGGED | UNFLUSHED };
        let mut removed = false;
        for index in 0..self.entries.len() {
            let Some(Some(entry)) = self.entries.get_mut(index) else { continue };
            let kept = entry.slot.value.as_mut().is_some_and(&mut keep);
            if !kept && entry.header.flags & owed == 0 {
                self.ledger.remove(&mut self.entries, index);
                removed = true;
            }
        }
        if in_memory && removed {
            self.ledger.forget_removed(&self.entries);
        }
    }

    /// All entries, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &Slot<V>)> {
        self.entries.iter().flatten().map(|e| (&e.key, &e.slot))
    }
}
