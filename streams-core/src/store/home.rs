//! Where the rows of a store are beside its memory: the changelog and the disk.

use super::cache::Slot;
use super::row::{self, Write};
use super::{Backend, FlushBatch};
use crate::format::DecodeOwned;
use crate::output::TopicIndex;
use crate::{Output, Result};

/// See the module.
pub(super) struct Home {
    pub(super) name: &'static str,
    changelog: Option<TopicIndex>,
    backend: Option<Box<dyn Backend>>,
    /// True while every row that exists is in memory: a miss is then an answer.
    complete: bool,
    scratch: Vec<u8>,
}

impl Home {
    /// Without a disk.
    pub(super) fn new(name: &'static str, changelog: Option<TopicIndex>) -> Self {
        Self { name, changelog, backend: None, complete: true, scratch: Vec::new() }
    }

    /// True if changes are owed to a changelog.
    pub(super) fn logs(&self) -> bool {
        self.changelog.is_some()
    }

    /// The changelog's topic and partition.
    pub(super) fn changelog(&self, partition: i32) -> Option<(TopicIndex, i32)> {
        self.changelog.map(|topic| (topic, partition))
    }

    /// From now on rows are on this disk, too.
    pub(super) fn open(&mut self, backend: Box<dyn Backend>) -> Result<()> {
        self.backend = Some(backend);
        self.restored()
    }

    /// Rows may have come on disk by other ways than the store's memory.
    pub(super) fn restored(&mut self) -> Result<()> {
        if let Some(backend) = &self.backend {
            self.complete = backend.is_empty()?;
        }
        Ok(())
    }

    /// The disk, if there is one.
    pub(super) fn disk(&self) -> Option<&dyn Backend> {
        self.backend.as_deref()
    }

    /// True while every row that exists is in memory.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Rows have left the memory; they are on disk only.
    pub(super) fn evicted(&mut self) {
        self.complete = false;
    }

    /// The disk, if rows that are not in memory may be there; and a buffer.
    pub(super) fn beyond_memory(&mut self) -> Option<(&dyn Backend, &mut Vec<u8>)> {
        if self.complete {
            return None;
        }
        let backend = self.backend.as_deref()?;
        self.scratch.clear();
        Some((backend, &mut self.scratch))
    }

    /// What the disk has of a row that is not in memory, and the bytes of it.
    pub(super) fn load<V, VF: DecodeOwned<V>>(
        &mut self,
        key: impl Write,
    ) -> Result<(Slot<V>, Option<usize>)> {
        let mut slot = Slot { value: None, timestamp: -1 };
        let bytes = self.read(&key, &mut |row| {
            let (value, timestamp) = row::decode::<V, VF>(row)?;
            slot = Slot { value: Some(value), timestamp };
            Ok(())
        })?;
        Ok((slot, bytes))
    }

    /// Calls `found` with the row of a key that is not in memory, if there is one; gives the bytes.
    fn read(
        &mut self,
        key: &dyn Fn(&mut Vec<u8>) -> Result<()>,
        found: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<Option<usize>> {
        let Some((backend, buffer)) = self.beyond_memory() else { return Ok(None) };
        key(buffer)?;
        let mut bytes = None;
        backend.get(buffer, &mut |row| {
            found(row)?;
            bytes = Some(row.len() + buffer.len());
            Ok(())
        })?;
        Ok(bytes)
    }
}

/// Writes what a cache owes to the changelog: `key` appends the changelog's key of an entry.
pub(super) fn log<K, V, VF: crate::format::Encode<V>>(
    cache: &mut super::cache::Cache<K, V>,
    output: &mut Output,
    topic: (TopicIndex, i32),
    key: impl Fn(&K, &mut Vec<u8>) -> Result<()>,
) -> Result<()> {
    cache.log(|k, slot| {
        let value = row::value::<V, VF>(slot.value.as_ref());
        row::log(output, topic, slot.timestamp, |out: &mut Vec<u8>| key(k, out), value)
    })
}

/// Writes what a cache owes to the disk: `key` appends the disk's key of an entry.
pub(super) fn flush<K, V, VF: crate::format::Encode<V>>(
    cache: &mut super::cache::Cache<K, V>,
    batch: &mut FlushBatch,
    key: impl Fn(&K, &mut Vec<u8>) -> Result<()>,
) -> Result<()> {
    cache.flush(|k, slot| {
        let value = row::value::<V, VF>(slot.value.as_ref());
        row::flush(batch, slot.timestamp, |out: &mut Vec<u8>| key(k, out), value)
    })
}
