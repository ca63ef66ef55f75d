//! Rows that are all in memory, in the order of their encoded keys: what waits for its time.
//!
//! On disk and in the changelog a row has the same key. There are only as many rows as wait.

use std::collections::{BTreeMap, BTreeSet};

use super::row::{self, Row, append};
use super::{Backend, FlushBatch};
use crate::output::TopicIndex;
use crate::{Output, RecordRef, Result};

/// What is kept in [`Ordered`].
pub(super) trait Waiting {
    /// The timestamp of its row.
    fn timestamp(&self) -> i64;

    /// Appends the value of its row.
    fn write(&self, out: &mut Vec<u8>) -> Result<()>;
}

/// See the module.
pub(super) struct Ordered<E> {
    pub(super) name: &'static str,
    changelog: Option<TopicIndex>,
    entries: BTreeMap<Vec<u8>, E>,
    unlogged: BTreeSet<Vec<u8>>,
    unflushed: BTreeSet<Vec<u8>>,
    backend: Option<Box<dyn Backend>>,
}

impl<E: Waiting> Ordered<E> {
    pub(super) fn new(name: &'static str, changelog: Option<TopicIndex>) -> Self {
        Self {
            name,
            changelog,
            entries: BTreeMap::new(),
            unlogged: BTreeSet::new(),
            unflushed: BTreeSet::new(),
            backend: None,
        }
    }

    /// The entries by their row's key.
    pub(super) fn entries(&self) -> &BTreeMap<Vec<u8>, E> {
        &self.entries
    }

    pub(super) fn insert(&mut self, row_key: Vec<u8>, entry: E) {
        self.touch(&row_key);
        self.entries.insert(row_key, entry);
    }

    pub(super) fn remove(&mut self, row_key: &[u8]) -> Option<E> {
        self.touch(row_key);
        self.entries.remove(row_key)
    }

    fn touch(&mut self, row_key: &[u8]) {
        if self.changelog.is_some() {
            self.unlogged.insert(row_key.to_vec());
        }
        if self.backend.is_some() {
            self.unflushed.insert(row_key.to_vec());
        }
    }

    /// From now on rows are on this disk, too; those that are there are taken into memory.
    pub(super) fn open(
        &mut self,
        backend: Box<dyn Backend>,
        read: impl FnMut(&[u8], &[u8]) -> Result<E>,
    ) -> Result<()> {
        self.backend = Some(backend);
        self.restored(read)
    }

    pub(super) fn log(&mut self, partition: i32, output: &mut Output) -> Result<()> {
        let Some(topic) = self.changelog else { return Ok(()) };
        for row_key in std::mem::take(&mut self.unlogged) {
            let entry = self.entries.get(&row_key);
            let timestamp = entry.map_or(0, E::timestamp);
            let key = |out: &mut Vec<u8>| append(out, &row_key);
            let value = entry.map(|entry| |out: &mut Vec<u8>| entry.write(out));
            row::log(output, (topic, partition), timestamp, key, value)?;
        }
        Ok(())
    }

    pub(super) fn flush(&mut self, batch: &mut FlushBatch) -> Result<()> {
        for row_key in &self.unflushed {
            let entry = self.entries.get(row_key);
            let timestamp = entry.map_or(0, E::timestamp);
            let key = |out: &mut Vec<u8>| append(out, row_key);
            let value = entry.map(|entry| |out: &mut Vec<u8>| entry.write(out));
            row::flush(batch, timestamp, key, value)?;
        }
        Ok(())
    }

    pub(super) fn flushed(&mut self) {
        self.unflushed.clear();
    }

    pub(super) fn restore(
        &mut self,
        record: &RecordRef<'_>,
        batch: &mut FlushBatch,
        read: impl FnOnce(&[u8], &[u8]) -> Result<E>,
    ) -> Result<()> {
        let Some(row_key) = record.key else { return Ok(()) };
        let entry = record.value.map(|value| read(row_key, value)).transpose()?;
        if self.backend.is_some() {
            return row::restore(batch, record, |out: &mut Vec<u8>| append(out, row_key));
        }
        match entry {
            Some(entry) => {
                self.entries.insert(row_key.to_vec(), entry);
            }
            None => {
                self.entries.remove(row_key);
            }
        }
        Ok(())
    }

    /// All restored rows have been written: takes them into memory.
    pub(super) fn restored(
        &mut self,
        mut read: impl FnMut(&[u8], &[u8]) -> Result<E>,
    ) -> Result<()> {
        let Some(backend) = &self.backend else { return Ok(()) };
        self.entries.clear();
        let entries = &mut self.entries;
        backend.scan(&[], None, false, &mut |row_key, row| {
            let (_, value) = row::split(row)?;
            entries.insert(row_key.to_vec(), read(row_key, value)?);
            Ok(true)
        })
    }

    pub(super) fn rows(&self) -> Result<Vec<Row>> {
        let row = |(key, entry): (&Vec<u8>, &E)| {
            let mut value = Vec::new();
            entry.write(&mut value)?;
            Ok(Row { key: key.clone(), value, timestamp: entry.timestamp() })
        };
        self.entries.iter().map(row).collect()
    }
}
