//! What a cache keeps about its entries that does not depend on their types.
//!
//! Programs compile the typed shell of their stores once for every pair of types; what is here is
//! compiled once, in this crate. Only a lookup and the place that it gives are typed to the end.

use std::collections::BTreeMap;

use hashbrown::HashTable;

use crate::Result;

/// What every entry of a cache begins with.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) hash: u64,
    /// Bytes that key and value take beyond the entry itself, as of when they were last encoded.
    pub(super) bytes: u32,
    pub(super) flags: u8,
}

pub(super) const UNLOGGED: u8 = 1;
pub(super) const UNFLUSHED: u8 = 2;
pub(super) const USED: u8 = 4;

/// Guessed heap bytes of a key and value that have not been encoded yet.
const UNKNOWN_BYTES: u32 = 48;

/// The entries of a cache, whatever their types.
pub(super) trait Entries {
    fn len(&self) -> usize;
    fn header(&self, index: usize) -> Option<&Header>;
    fn header_mut(&mut self, index: usize) -> Option<&mut Header>;
    fn remove(&mut self, index: usize);
    /// Bytes of an entry in the table.
    fn entry_bytes(&self) -> usize;
}

/// The order of keys, on the heap behind a table of methods: what drops it is compiled here, too.
trait Order: std::fmt::Debug + Send + Sync {
    fn map(&self) -> &BTreeMap<Vec<u8>, u32>;
    fn map_mut(&mut self) -> &mut BTreeMap<Vec<u8>, u32>;
}

impl Order for BTreeMap<Vec<u8>, u32> {
    fn map(&self) -> &BTreeMap<Vec<u8>, u32> {
        self
    }

    fn map_mut(&mut self) -> &mut BTreeMap<Vec<u8>, u32> {
        self
    }
}

static EMPTY: BTreeMap<Vec<u8>, u32> = BTreeMap::new();

/// See the module.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) table: HashTable<u32>,
    free: Vec<u32>,
    unlogged: Vec<u32>,
    unflushed: Vec<u32>,
    /// The first `ordered` of `unflushed`, by encoded key; made when it is first asked for.
    order: Option<Box<dyn Order>>,
    ordered: usize,
    bytes: usize,
    hand: usize,
    /// False for stores without a changelog: nothing is owed then.
    logs: bool,
}

impl Ledger {
    pub(super) fn new(logs: bool) -> Self {
        Self {
            table: HashTable::new(),
            free: Vec::new(),
            unlogged: Vec::new(),
            unflushed: Vec::new(),
            order: None,
            ordered: 0,
            bytes: 0,
            hand: 0,
            logs,
        }
    }

    /// The header of a new entry.
    pub(super) fn header(&mut self, hash: u64, bytes: Option<usize>) -> Header {
        let bytes = bytes.map_or(UNKNOWN_BYTES, clamped);
        self.bytes += bytes as usize;
        Header { hash, bytes, flags: USED }
    }

    /// A place that is free among the entries.
    pub(super) fn free_place(&mut self) -> Option<u32> {
        self.free.pop()
    }

    /// The entry at `index` is new.
    pub(super) fn enter(&mut self, entries: &dyn Entries, hash: u64, index: u32) {
        self.table
            .insert_unique(hash, index, |&i| entries.header(i as usize).map_or(0, |h| h.hash));
    }

    /// An entry becomes dirty.
    #[inline]
    pub(super) fn owe(&mut self, index: u32, flags: &mut u8) {
        const OWED: u8 = UNLOGGED | UNFLUSHED;
        let owed = if self.logs { OWED } else { UNFLUSHED };
        if *flags & owed != owed {
            self.newly_owe(index, flags);
        }
        *flags |= USED;
    }

    fn newly_owe(&mut self, index: u32, flags: &mut u8) {
        if self.logs && *flags & UNLOGGED == 0 {
            self.unlogged.push(index);
            *flags |= UNLOGGED;
        }
        self.owe_disk(index, flags);
    }

    /// An entry is owed to the disk only.
    pub(super) fn owe_disk(&mut self, index: u32, flags: &mut u8) {
        if *flags & UNFLUSHED == 0 {
            self.unflushed.push(index);
            *flags |= UNFLUSHED;
        }
    }

    /// Brings the order of what the disk lacks up to date; `encode` appends the key at an index, if
    /// there is one.
    pub(super) fn put_in_order(
        &mut self,
        encode: &mut dyn FnMut(u32, &mut Vec<u8>) -> Result<bool>,
    ) -> Result<()> {
        while let Some(&index) = self.unflushed.get(self.ordered) {
            let mut key = Vec::new();
            if encode(index, &mut key)? {
                let order = self.order.get_or_insert_with(|| Box::new(BTreeMap::new()));
                order.map_mut().insert(key, index);
            }
            self.ordered += 1;
        }
        Ok(())
    }

    /// What the disk lacks, by encoded key, as of the last [`put_in_order`](Self::put_in_order).
    pub(super) fn order(&self) -> &BTreeMap<Vec<u8>, u32> {
        self.order.as_ref().map_or(&EMPTY, |order| order.map())
    }

    /// Calls `each` with every entry owed to the changelog, which is to clear its flag, then owes none.
    pub(super) fn log(&mut self, each: &mut dyn FnMut(u32) -> Result<()>) -> Result<()> {
        while let Some(index) = self.unlogged.pop() {
            each(index)?;
        }
        Ok(())
    }

    /// Calls `each` with every entry owed to the disk; `each` gives the bytes that it wrote, and those of
    /// the time before.
    pub(super) fn flush(&mut self, each: &mut dyn FnMut(u32) -> Result<(u32, u32)>) -> Result<()> {
        for &index in &self.unflushed {
            let (now, before) = each(index)?;
            self.bytes = self.bytes + now as usize - before as usize;
        }
        Ok(())
    }

    /// What was owed to the disk is on it.
    pub(super) fn flushed(&mut self, entries: &mut dyn Entries) {
        self.forget_order();
        for index in self.unflushed.drain(..) {
            if let Some(header) = entries.header_mut(index as usize) {
                header.flags &= !UNFLUSHED;
            }
        }
    }

    fn forget_order(&mut self) {
        if let Some(order) = &mut self.order {
            order.map_mut().clear();
        }
        self.ordered = 0;
    }

    /// Approximate bytes in memory.
    pub(super) fn memory(&self, entry_bytes: usize) -> usize {
        self.bytes + self.table.len() * (entry_bytes + 8)
    }

    /// Approximate bytes of entries owed to the changelog: their number, by the mean.
    pub(super) fn unlogged(&self, entry_bytes: usize) -> usize {
        self.unlogged.len() * (self.memory(entry_bytes) / self.table.len().max(1))
    }

    /// See `Cache::shrink`.
    pub(super) fn shrink(&mut self, entries: &mut dyn Entries, target: usize) -> bool {
        let (before, size) = (self.table.len(), entries.entry_bytes());
        let mut steps = 2 * entries.len();
        while self.memory(size) > target && steps > 0 {
            steps -= 1;
            self.hand = (self.hand + 1) % entries.len();
            let Some(header) = entries.header_mut(self.hand) else { continue };
            if header.flags & (UNLOGGED | UNFLUSHED) != 0 {
                continue;
            }
            if header.flags & USED != 0 {
                header.flags &= !USED;
                continue;
            }
            self.remove(entries, self.hand);
        }
        self.table.len() < before
    }

    /// Entries were removed that were not on disk, as there is none.
    pub(super) fn forget_removed(&mut self, entries: &dyn Entries) {
        self.unflushed.retain(|&i| entries.header(i as usize).is_some());
        self.forget_order();
    }

    /// Removes an entry.
    pub(super) fn remove(&mut self, entries: &mut dyn Entries, index: usize) {
        let Some(header) = entries.header(index) else { return };
        let (hash, bytes) = (header.hash, header.bytes);
        entries.remove(index);
        let index = index as u32;
        if let Ok(found) = self.table.find_entry(hash, |&i| i == index) {
            found.remove();
        }
        self.bytes -= bytes as usize;
        self.free.push(index);
    }
}

/// Bytes, as far as a header counts.
pub(super) fn clamped(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
