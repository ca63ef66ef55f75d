//! Who has subscribed to which foreign key: the store of a foreign-key join.
//!
//! A row's key is the length of the foreign key (4 bytes, big endian), the foreign key and the left row's
//! key; its value is the [`Subscription`], as Kafka Streams has both in its store and changelog.
//!
//! Updates only write. What is not on disk yet, and what is left of memory, lies in an ordered map over
//! the disk; the subscribers of a foreign key are read from both, side by side, in the order of their
//! keys, however many there are.

use std::collections::{BTreeMap, BTreeSet};

use super::row::{self, Row, append};
use super::{Backend, FlushBatch, StateStore};
use crate::format::{Decode, Encode, Subscriptions};
use crate::op::Subscription;
use crate::output::TopicIndex;
use crate::{Output, RecordRef, Result};

struct Entry {
    /// `None` hides a row on disk that is deleted.
    value: Option<Vec<u8>>,
    timestamp: i64,
}

/// See the module.
pub struct SubscriptionStore {
    name: &'static str,
    changelog: Option<TopicIndex>,
    entries: BTreeMap<Vec<u8>, Entry>,
    /// Bytes of the entries.
    bytes: usize,
    unlogged: BTreeSet<Vec<u8>>,
    unflushed: BTreeSet<Vec<u8>>,
    backend: Option<Box<dyn Backend>>,
    /// True while every row is among the entries.
    complete: bool,
}

/// Bytes of an entry beside its key and value.
const ENTRY_BYTES: usize = 96;

/// Takes the key, value and timestamp of a row.
type EachEntry<'a> = dyn FnMut(&[u8], &[u8], i64) -> Result<()> + 'a;

impl SubscriptionStore {
    /// An empty store in memory.
    pub fn new(name: &'static str, changelog: Option<TopicIndex>) -> Self {
        Self {
            name,
            changelog,
            entries: BTreeMap::new(),
            bytes: 0,
            unlogged: BTreeSet::new(),
            unflushed: BTreeSet::new(),
            backend: None,
            complete: true,
        }
    }

    /// Remembers or forgets a left row, as its subscription says, under an encoded foreign key.
    ///
    /// # Errors
    /// If the subscription cannot be encoded.
    pub fn change(
        &mut self,
        foreign_key: &[u8],
        subscription: &Subscription<'_>,
        timestamp: i64,
    ) -> Result<()> {
        let mut row_key = prefix(foreign_key);
        row_key.extend_from_slice(subscription.primary_key);
        let value = match subscription.instruction.deletes() {
            true => None,
            false => {
                let mut value = Vec::new();
                Subscriptions::encode(subscription, &mut value)?;
                Some(value)
            }
        };
        if self.changelog.is_some() {
            self.unlogged.insert(row_key.clone());
        }
        if self.backend.is_some() {
            self.unflushed.insert(row_key.clone());
        }
        self.set(row_key, value, timestamp);
        Ok(())
    }

    fn set(&mut self, row_key: Vec<u8>, value: Option<Vec<u8>>, timestamp: i64) {
        // Without a disk there is nothing to hide.
        if value.is_none() && self.backend.is_none() {
            self.drop_entry(&row_key);
            return;
        }
        self.bytes += size(&row_key, value.as_deref());
        let key_bytes = row_key.len();
        if let Some(old) = self.entries.insert(row_key, Entry { value, timestamp }) {
            self.bytes -= key_bytes + old.value.map_or(0, |v| v.len()) + ENTRY_BYTES;
        }
    }

    fn drop_entry(&mut self, row_key: &[u8]) {
        if let Some(old) = self.entries.remove(row_key) {
            self.bytes -= size(row_key, old.value.as_deref());
        }
    }

    /// Calls `each` with the subscriptions to an encoded foreign key, ordered by the left rows' keys.
    ///
    /// # Errors
    /// If the disk cannot be read, and what `each` returns.
    pub fn of(
        &self,
        foreign_key: &[u8],
        each: &mut dyn FnMut(&Subscription<'_>) -> Result<()>,
    ) -> Result<()> {
        let prefix = prefix(foreign_key);
        self.scan(&prefix, &mut |_, value, _| each(&Subscriptions::decode(value)?))
    }

    /// The rows whose keys begin with `prefix`, of memory and disk, in order.
    fn scan(&self, prefix: &[u8], each: &mut EachEntry<'_>) -> Result<()> {
        let mut own = self
            .entries
            .range(prefix.to_vec()..)
            .take_while(|(row_key, _)| row_key.starts_with(prefix))
            .peekable();
        let give =
            |(row_key, entry): (&Vec<u8>, &Entry), each: &mut EachEntry<'_>| match &entry.value {
                Some(value) => each(row_key, value, entry.timestamp),
                None => Ok(()),
            };
        if let (false, Some(backend)) = (self.complete, &self.backend) {
            backend.scan(prefix, None, false, &mut |row_key, row| {
                if !row_key.starts_with(prefix) {
                    return Ok(false);
                }
                while let Some(before) = own.next_if(|(k, _)| k.as_slice() < row_key) {
                    give(before, each)?;
                }
                if let Some(newer) = own.next_if(|(k, _)| k.as_slice() == row_key) {
                    give(newer, each)?;
                    return Ok(true);
                }
                let (timestamp, value) = row::split(row)?;
                each(row_key, value, timestamp)?;
                Ok(true)
            })?;
        }
        own.try_for_each(|entry| give(entry, each))
    }
}

fn size(row_key: &[u8], value: Option<&[u8]>) -> usize {
    row_key.len() + value.map_or(0, <[u8]>::len) + ENTRY_BYTES
}

/// What the row keys of a foreign key begin with.
fn prefix(foreign_key: &[u8]) -> Vec<u8> {
    let length = foreign_key.len() as u32;
    [&length.to_be_bytes()[..], foreign_key].concat()
}

impl StateStore for SubscriptionStore {
    fn name(&self) -> &'static str {
        self.name
    }

    fn open(&mut self, backend: Box<dyn Backend>) -> Result<()> {
        self.backend = Some(backend);
        self.restored()
    }

    fn log_changes(&mut self, partition: i32, output: &mut Output) -> Result<()> {
        let Some(topic) = self.changelog else { return Ok(()) };
        for row_key in std::mem::take(&mut self.unlogged) {
            let entry = self.entries.get(&row_key);
            let value = entry.and_then(|e| e.value.as_deref());
            let timestamp = entry.map_or(0, |e| e.timestamp);
            let key = |out: &mut Vec<u8>| append(out, &row_key);
            let value = value.map(|value| |out: &mut Vec<u8>| append(out, value));
            row::log(output, (topic, partition), timestamp, key, value)?;
        }
        Ok(())
    }

    fn flush(&mut self, batch: &mut FlushBatch) -> Result<()> {
        for row_key in &self.unflushed {
            let entry = self.entries.get(row_key);
            let timestamp = entry.map_or(0, |e| e.timestamp);
            let key = |out: &mut Vec<u8>| append(out, row_key);
            let value = entry.and_then(|e| e.value.as_deref());
            let value = value.map(|value| |out: &mut Vec<u8>| append(out, value));
            row::flush(batch, timestamp, key, value)?;
        }
        Ok(())
    }

    fn flushed(&mut self) {
        for row_key in std::mem::take(&mut self.unflushed) {
            let deleted = self.entries.get(&row_key).is_some_and(|e| e.value.is_none());
            if deleted && !self.unlogged.contains(&row_key) {
                self.drop_entry(&row_key);
            }
        }
    }

    fn restore(&mut self, record: &RecordRef<'_>, batch: &mut FlushBatch) -> Result<()> {
        let Some(row_key) = record.key else { return Ok(()) };
        if let Some(value) = record.value {
            Subscriptions::decode(value)?;
        }
        if self.backend.is_some() {
            return row::restore(batch, record, |out: &mut Vec<u8>| append(out, row_key));
        }
        self.set(row_key.to_vec(), record.value.map(<[u8]>::to_vec), record.timestamp);
        Ok(())
    }

    fn restored(&mut self) -> Result<()> {
        if let Some(backend) = &self.backend {
            self.complete = backend.is_empty()?;
        }
        Ok(())
    }

    fn memory(&self) -> usize {
        self.bytes
    }

    fn shrink(&mut self, target: usize) {
        if self.backend.is_none() {
            return;
        }
        let owed = |key: &Vec<u8>| self.unlogged.contains(key) || self.unflushed.contains(key);
        let mut left = self.bytes;
        let mut gone = Vec::new();
        for (row_key, entry) in &self.entries {
            if left <= target {
                break;
            }
            if !owed(row_key) {
                left -= size(row_key, entry.value.as_deref());
                gone.push(row_key.clone());
            }
        }
        self.complete &= gone.is_empty();
        for row_key in gone {
            self.drop_entry(&row_key);
        }
    }

    fn rows(&self) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        self.scan(&[], &mut |key, value, timestamp| {
            rows.push(Row { key: key.to_vec(), value: value.to_vec(), timestamp });
            Ok(())
        })?;
        Ok(rows)
    }
}
