//! The stores of one task.

use std::collections::BTreeMap;
use std::sync::Arc;

use rocksdb::{ReadOptions, WriteBatch};
use streams_core::store::{Backend, FlushBatch, FlushOp};

use super::backend::RocksBackend;
use super::positions;
use super::state_dir::{POSITIONS, Shared, store_family};
use crate::broker::TopicPartition;
use crate::error::{Error, ErrorKind, Result};

/// The stores of a task (its partition of each), from [`StateDir::task`](super::StateDir::task).
pub struct TaskStores {
    shared: Arc<Shared>,
    prefix: [u8; 4],
    families: Vec<String>,
}

/// Room for RocksDB's own bytes of an entry: kind, family, two lengths, and the partition.
const ENTRY_BYTES: usize = 16;

impl TaskStores {
    pub(super) fn new(shared: Arc<Shared>, partition: i32, stores: &[&str]) -> Self {
        let families = stores.iter().map(|store| store_family(store)).collect();
        Self { shared, prefix: partition.to_be_bytes(), families }
    }

    /// The rows of a store, by its number.
    ///
    /// # Errors
    /// If the task has no store of this number.
    pub fn backend(&self, store: u16) -> Result<Box<dyn Backend>> {
        let family = self.families.get(usize::from(store)).ok_or_else(|| no_store(store))?;
        Ok(Box::new(RocksBackend::new(Arc::clone(&self.shared), family.clone(), self.prefix)))
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(super) fn prefix(&self) -> [u8; 4] {
        self.prefix
    }

    pub(super) fn family_name(&self, store: u16) -> Result<&str> {
        self.families.get(usize::from(store)).map(String::as_str).ok_or_else(|| no_store(store))
    }

    /// Applies changes of rows and the changelog positions that go with them, as one.
    ///
    /// # Errors
    /// [`ErrorKind::Poisoned`] if the disk cannot be written.
    pub fn write(&self, changes: &FlushBatch, positions: &[(TopicPartition, i64)]) -> Result<()> {
        let families = self.families.iter().map(|name| self.shared.family(name));
        let families = families.collect::<Result<Vec<_>>>()?;
        let room = changes.bytes() + (changes.len() + positions.len()) * ENTRY_BYTES + 256;
        let mut batch = WriteBatch::with_capacity_bytes(room);
        let mut from = self.prefix.to_vec();
        let mut to = self.prefix.to_vec();
        for (store, change) in changes.iter() {
            let family = families.get(usize::from(store)).ok_or_else(|| no_store(store))?;
            match change {
                FlushOp::Put { key, value } => {
                    batch.put_cf(family, prefixed(&mut from, key), value);
                }
                FlushOp::Delete { key } => batch.delete_cf(family, prefixed(&mut from, key)),
                FlushOp::DeleteRange { from: first, to: end } => batch.delete_range_cf(
                    family,
                    prefixed(&mut from, first),
                    prefixed(&mut to, end),
                ),
            }
        }
        let family = self.shared.family(POSITIONS)?;
        for (changelog, offset) in positions {
            batch.put_cf(&family, positions::key(self.prefix, changelog), offset.to_be_bytes());
        }
        self.shared.write(batch)
    }

    /// The changelog positions under the task's partition: its own, and those of other
    /// sub-topologies' tasks with the same partition.
    ///
    /// # Errors
    /// [`ErrorKind::Fatal`] if the disk cannot be read.
    pub fn positions(&self) -> Result<BTreeMap<TopicPartition, i64>> {
        let family = self.shared.family(POSITIONS)?;
        let mut bounds = ReadOptions::default();
        bounds.set_iterate_range(rocksdb::PrefixRange(&self.prefix[..]));
        let mut rows = self.shared.db.raw_iterator_cf_opt(&family, bounds);
        let mut found = BTreeMap::new();
        rows.seek_to_first();
        while let Some((key, value)) = rows.item() {
            let (Some(changelog), Ok(offset)) = (positions::parse(key), value.try_into()) else {
                let text = "the state directory holds a changelog position that cannot be read: \
                            delete the directory, it is rebuilt from the changelogs";
                return Err(Error::new(ErrorKind::Fatal, text));
            };
            found.insert(changelog, i64::from_be_bytes(offset));
            rows.next();
        }
        rows.status().map_err(|e| self.shared.unreadable(e))?;
        Ok(found)
    }

    /// Deletes all rows of the task and the positions of these changelogs, as one.
    ///
    /// # Errors
    /// [`ErrorKind::Poisoned`] if the disk cannot be written.
    pub fn wipe(&self, changelogs: &[TopicPartition]) -> Result<()> {
        let mut batch = WriteBatch::default();
        let end = prefix_end(self.prefix);
        for name in &self.families {
            batch.delete_range_cf(&self.shared.family(name)?, &self.prefix[..], &end[..]);
        }
        let family = self.shared.family(POSITIONS)?;
        for changelog in changelogs {
            batch.delete_cf(&family, positions::key(self.prefix, changelog));
        }
        self.shared.write(batch)
    }
}

/// The first key after all that begin with the prefix.
pub(super) fn prefix_end(prefix: [u8; 4]) -> Vec<u8> {
    match u32::from_be_bytes(prefix).checked_add(1) {
        Some(next) => next.to_be_bytes().to_vec(),
        // No partition has this number; a key that follows every key under it.
        None => vec![0xff; 64],
    }
}

fn prefixed<'a>(buffer: &'a mut Vec<u8>, key: &[u8]) -> &'a [u8] {
    buffer.truncate(4);
    buffer.extend_from_slice(key);
    buffer
}

fn no_store(store: u16) -> Error {
    Error::config(format!("the task has no store number {store}"))
}
