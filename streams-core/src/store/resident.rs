//! What stores have in common whose rows are all in memory: which rows have changed since they were
//! last written to the changelog, and to the disk.

use std::collections::BTreeSet;

use super::row::{append, split};
use super::{Backend, FlushBatch};
use crate::output::TopicIndex;
use crate::{Headers, Output, RecordRef, Result};

/// Appends the value of a row and gives its timestamp; `None` if there is no such row.
pub(super) type WriteRow<'a> = &'a dyn Fn(&[u8], &mut Vec<u8>) -> Result<Option<i64>>;

/// A row's key, and its value unless it is deleted.
pub(super) type Change<'r> = (&'r [u8], Option<&'r [u8]>);

/// A row as it is written.
pub(super) type KeyAndValue = (Vec<u8>, Vec<u8>);

/// See the module.
pub(super) struct Resident {
    changelog: Option<TopicIndex>,
    backend: Option<Box<dyn Backend>>,
    unlogged: BTreeSet<Vec<u8>>,
    unflushed: BTreeSet<Vec<u8>>,
}

impl Resident {
    pub(super) fn new(changelog: Option<TopicIndex>) -> Self {
        let (unlogged, unflushed) = (BTreeSet::new(), BTreeSet::new());
        Self { changelog, backend: None, unlogged, unflushed }
    }

    pub(super) fn open(&mut self, backend: Box<dyn Backend>) {
        self.backend = Some(backend);
    }

    /// The row of this key has changed.
    pub(super) fn touch(&mut self, key: &[u8]) {
        if self.changelog.is_some() {
            self.unlogged.insert(key.to_vec());
        }
        if self.backend.is_some() {
            self.unflushed.insert(key.to_vec());
        }
    }

    /// Writes the changed rows to the changelog, those that are with these headers.
    pub(super) fn log(
        &mut self,
        partition: i32,
        output: &mut Output,
        headers: Headers<'_>,
        row: WriteRow<'_>,
    ) -> Result<()> {
        let Some(topic) = self.changelog else { return Ok(()) };
        let mut value = Vec::new();
        for key in std::mem::take(&mut self.unlogged) {
            value.clear();
            let timestamp = row(&key, &mut value)?;
            output.write(
                topic,
                Some(partition),
                timestamp.unwrap_or(0).max(0),
                if timestamp.is_some() { headers } else { Headers::EMPTY },
                |out| append(out, &key).map(|()| true),
                |out| append(out, &value).map(|()| timestamp.is_some()),
            )?;
        }
        Ok(())
    }

    /// Writes the changed rows to the disk.
    pub(super) fn flush(&self, batch: &mut FlushBatch, row: WriteRow<'_>) -> Result<()> {
        let mut value = Vec::new();
        for key in &self.unflushed {
            value.clear();
            match row(key, &mut value)? {
                Some(timestamp) => put(batch, key, timestamp, &value)?,
                None => batch.delete(|out| append(out, key))?,
            }
        }
        Ok(())
    }

    pub(super) fn flushed(&mut self) {
        self.unflushed.clear();
    }

    /// Applies a record of the changelog to the disk, if there is one, and gives it back to be applied
    /// in memory.
    pub(super) fn restore<'r>(
        &self,
        record: &RecordRef<'r>,
        batch: &mut FlushBatch,
    ) -> Result<Option<Change<'r>>> {
        let Some(key) = record.key else { return Ok(None) };
        match (record.value, &self.backend) {
            (_, None) => {}
            (Some(value), Some(_)) => put(batch, key, record.timestamp, value)?,
            (None, Some(_)) => batch.delete(|out| append(out, key))?,
        }
        Ok(Some((key, record.value)))
    }

    /// All rows on disk; `None` if there is no disk.
    pub(super) fn rows(&self) -> Result<Option<Vec<KeyAndValue>>> {
        let Some(backend) = &self.backend else { return Ok(None) };
        let mut rows = Vec::new();
        backend.scan(&[], None, false, &mut |key, row| {
            let (_, value) = split(row)?;
            rows.push((key.to_vec(), value.to_vec()));
            Ok(true)
        })?;
        Ok(Some(rows))
    }
}

fn put(batch: &mut FlushBatch, key: &[u8], timestamp: i64, value: &[u8]) -> Result<()> {
    let row = |out: &mut Vec<u8>| {
        out.extend_from_slice(&timestamp.to_be_bytes());
        append(out, value)
    };
    batch.put(|out| append(out, key), row)
}
