//! The typed cache under every store: a hash table over a slab of entries, with two lists of dirty
//! entries.
//!
//! What the disk lacks can be read in the order of keys, for scans that merge it with the disk. That
//! order is made when it is first asked for and kept up from then on: a store that is never scanned
//! pays nothing. In a store without a disk everything is lacking there.

use std::collections::BTreeMap;

use hashbrown::HashTable;

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
    hash: u64,
    key: K,
    slot: Slot<V>,
    /// Bytes that key and value take beyond the entry itself, as of when they were last encoded.
    bytes: u32,
    flags: u8,
}

const UNLOGGED: u8 = 1;
const UNFLUSHED: u8 = 2;
const USED: u8 = 4;

/// Guessed heap bytes of a key and value that have not been encoded yet.
const UNKNOWN_BYTES: u32 = 48;

/// See the module.
#[derive(Debug)]
pub(super) struct Cache<K, V> {
    table: HashTable<u32>,
    entries: Vec<Option<Entry<K, V>>>,
    free: Vec<u32>,
    unlogged: Vec<u32>,
    unflushed: Vec<u32>,
    /// The first `ordered` of `unflushed`, by encoded key.
    order: BTreeMap<Vec<u8>, u32>,
    ordered: usize,
    bytes: usize,
    hand: usize,
    /// False for stores without a changelog: nothing is owed then.
    logs: bool,
}

impl<K, V> Cache<K, V> {
    pub(super) fn new(logs: bool) -> Self {
        Self {
            table: HashTable::new(),
            entries: Vec::new(),
            free: Vec::new(),
            unlogged: Vec::new(),
            unflushed: Vec::new(),
            order: BTreeMap::new(),
            ordered: 0,
            bytes: 0,
            hand: 0,
            logs,
        }
    }

    /// The index of the entry with this hash for which `is_key` holds.
    #[inline]
    pub(super) fn find(&self, hash: u64, is_key: impl Fn(&K) -> bool) -> Option<u32> {
        self.table
            .find(hash, |&i| match self.entries.get(i as usize) {
                Some(Some(e)) => e.hash == hash && is_key(&e.key),
                _ => false,
            })
            .copied()
    }

    /// Adds an entry for a key that is not there.
    pub(super) fn insert(&mut self, hash: u64, key: K, slot: Slot<V>, bytes: Option<usize>) -> u32 {
        let bytes = bytes.map_or(UNKNOWN_BYTES, |b| u32::try_from(b).unwrap_or(u32::MAX));
        self.bytes += bytes as usize;
        let entry = Some(Entry { hash, key, slot, bytes, flags: USED });
        let index = match self.free.pop() {
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
        let entries = &self.entries;
        self.table.insert_unique(hash, index, |&i| {
            entries.get(i as usize).and_then(Option::as_ref).map_or(0, |e| e.hash)
        });
        index
    }

    /// The slot of an entry, to read.
    #[inline]
    pub(super) fn get(&mut self, index: u32) -> Option<&Slot<V>> {
        let entry = self.entries.get_mut(index as usize)?.as_mut()?;
        entry.flags |= USED;
        Some(&entry.slot)
    }

    /// The slot of an entry, to change: it becomes dirty.
    #[inline]
    pub(super) fn get_mut(&mut self, index: u32) -> Option<&mut Slot<V>> {
        let entry = self.entries.get_mut(index as usize)?.as_mut()?;
        if self.logs && entry.flags & UNLOGGED == 0 {
            self.unlogged.push(index);
            entry.flags |= UNLOGGED;
        }
        if entry.flags & UNFLUSHED == 0 {
            self.unflushed.push(index);
            entry.flags |= UNFLUSHED;
        }
        entry.flags |= USED;
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
        if entry.flags & UNFLUSHED == 0 {
            self.unflushed.push(index);
            entry.flags |= UNFLUSHED;
        }
        Some(&mut entry.slot)
    }

    /// The slot of an entry, without a trace of that.
    pub(super) fn peek(&self, index: u32) -> Option<(&K, &Slot<V>)> {
        let entry = self.entries.get(index as usize)?.as_ref()?;
        Some((&entry.key, &entry.slot))
    }

    /// Brings the order of what the disk lacks up to date; `encode` appends a key.
    pub(super) fn put_in_order<E>(
        &mut self,
        encode: impl Fn(&K, &mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(&index) = self.unflushed.get(self.ordered) {
            if let Some(Some(entry)) = self.entries.get(index as usize) {
                let mut key = Vec::new();
                encode(&entry.key, &mut key)?;
                self.order.insert(key, index);
            }
            self.ordered += 1;
        }
        Ok(())
    }

    /// What the disk lacks, by encoded key, as of the last [`put_in_order`](Self::put_in_order).
    pub(super) fn order(&self) -> &BTreeMap<Vec<u8>, u32> {
        &self.order
    }

    /// Calls `each` with every entry owed to the changelog, then owes none.
    pub(super) fn log<E>(
        &mut self,
        mut each: impl FnMut(&K, &mut Slot<V>) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(index) = self.unlogged.pop() {
            if let Some(Some(entry)) = self.entries.get_mut(index as usize) {
                each(&entry.key, &mut entry.slot)?;
                entry.flags &= !UNLOGGED;
            }
        }
        Ok(())
    }

    /// Calls `each` with every entry owed to the disk; `each` gives the bytes it wrote.
    pub(super) fn flush<E>(
        &mut self,
        mut each: impl FnMut(&K, &mut Slot<V>) -> Result<usize, E>,
    ) -> Result<(), E> {
        for &index in &self.unflushed {
            if let Some(Some(entry)) = self.entries.get_mut(index as usize) {
                let bytes = u32::try_from(each(&entry.key, &mut entry.slot)?).unwrap_or(u32::MAX);
                self.bytes = self.bytes + bytes as usize - entry.bytes as usize;
                entry.bytes = bytes;
            }
        }
        Ok(())
    }

    /// What was owed to the disk is on it.
    pub(super) fn flushed(&mut self) {
        self.order.clear();
        self.ordered = 0;
        for index in self.unflushed.drain(..) {
            if let Some(Some(entry)) = self.entries.get_mut(index as usize) {
                entry.flags &= !UNFLUSHED;
            }
        }
    }

    /// Approximate bytes in memory.
    pub(super) fn memory(&self) -> usize {
        self.bytes + self.table.len() * (size_of::<Option<Entry<K, V>>>() + 8)
    }

    /// Approximate bytes of entries owed to the changelog: their number, by the mean.
    pub(super) fn unlogged(&self) -> usize {
        self.unlogged.len() * (self.memory() / self.table.len().max(1))
    }

    /// Removes entries that nothing is owed for, least recently used first (by the clock algorithm:
    /// one pass spares what was used since the last), until `memory` is at most `target`. True if
    /// any was removed.
    pub(super) fn shrink(&mut self, target: usize) -> bool {
        let before = self.table.len();
        let mut steps = 2 * self.entries.len();
        while self.memory() > target && steps > 0 {
            steps -= 1;
            self.hand = (self.hand + 1) % self.entries.len();
            let Some(place) = self.entries.get_mut(self.hand) else { break };
            let Some(entry) = place else { continue };
            if entry.flags & (UNLOGGED | UNFLUSHED) != 0 {
                continue;
            }
            if entry.flags & USED != 0 {
                entry.flags &= !USED;
                continue;
            }
            let (hash, index, bytes) = (entry.hash, self.hand as u32, entry.bytes);
            *place = None;
            self.unlink(hash, index, bytes);
        }
        self.table.len() < before
    }

    /// Removes entries that nothing is owed for and whose value `keep` does not want. Where there is
    /// no disk (`in_memory`), none is owed to it.
    pub(super) fn retain(&mut self, in_memory: bool, mut keep: impl FnMut(&mut V) -> bool) {
        let owed = if in_memory { UNLOGGED } else { UNLOGGED | UNFLUSHED };
        let before = self.table.len();
        for index in 0..self.entries.len() {
            let Some(place) = self.entries.get_mut(index) else { break };
            let Some(entry) = place else { continue };
            let kept = entry.slot.value.as_mut().is_some_and(&mut keep);
            if !kept && entry.flags & owed == 0 {
                let (hash, bytes) = (entry.hash, entry.bytes);
                *place = None;
                self.unlink(hash, index as u32, bytes);
            }
        }
        if in_memory && self.table.len() < before {
            let entries = &self.entries;
            self.unflushed.retain(|&i| entries.get(i as usize).is_some_and(Option::is_some));
            self.order.clear();
            self.ordered = 0;
        }
    }

    fn unlink(&mut self, hash: u64, index: u32, bytes: u32) {
        if let Ok(found) = self.table.find_entry(hash, |&i| i == index) {
            found.remove();
        }
        self.bytes -= bytes as usize;
        self.free.push(index);
    }

    /// All entries, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &Slot<V>)> {
        self.entries.iter().flatten().map(|e| (&e.key, &e.slot))
    }
}
