//! Records of a stream–stream join that have found no partner yet, in the order in which their
//! windows close.
//!
//! All are in memory: there are only those of open windows. On disk and in the changelog a row's key
//! is the timestamp (8 bytes, big endian), the side (1 for left, 0 for right), the key, a number (4
//! bytes) that tells duplicates apart; its value is the side and the record's value, as Kafka Streams'
//! `LeftOrRightValueSerializer`.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

use super::row::{self, Row, append};
use super::{Backend, FlushBatch, StateStore};
use crate::format::{DecodeOwned, Encode};
use crate::output::TopicIndex;
use crate::{Error, ErrorKind, Output, RecordRef, Result};

/// Names formats without holding any of them.
type Formats<KF, LF, RF> = PhantomData<fn() -> (KF, LF, RF)>;

/// A value of either side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Either<L, R> {
    /// Of the left stream.
    Left(L),
    /// Of the right stream.
    Right(R),
}

struct Entry<K, L, R> {
    timestamp: i64,
    key: K,
    value: Either<L, R>,
}

impl<K, L, R> Entry<K, L, R> {
    fn is_open(&self, stream_time: i64, left_ms: i64, right_ms: i64) -> bool {
        let after = match self.value {
            Either::Left(_) => left_ms,
            Either::Right(_) => right_ms,
        };
        self.timestamp.saturating_add(after) >= stream_time
    }
}

/// See the module. Keys are written in the format `KF`, values in `LF` and `RF`.
pub struct UnmatchedStore<K, L, R, KF, LF, RF> {
    name: &'static str,
    changelog: Option<TopicIndex>,
    entries: BTreeMap<Vec<u8>, Entry<K, L, R>>,
    unlogged: BTreeSet<Vec<u8>>,
    unflushed: BTreeSet<Vec<u8>>,
    backend: Option<Box<dyn Backend>>,
    number: u32,
    /// Kafka Streams' `TimeTracker.minTime`.
    min_time: i64,
    formats: Formats<KF, LF, RF>,
}

impl<K, L, R, KF, LF, RF> UnmatchedStore<K, L, R, KF, LF, RF>
where
    KF: Encode<K> + DecodeOwned<K>,
    LF: Encode<L> + DecodeOwned<L>,
    RF: Encode<R> + DecodeOwned<R>,
{
    /// An empty store.
    pub fn new(name: &'static str, changelog: Option<TopicIndex>) -> Self {
        Self {
            name,
            changelog,
            entries: BTreeMap::new(),
            unlogged: BTreeSet::new(),
            unflushed: BTreeSet::new(),
            backend: None,
            number: 0,
            min_time: i64::MAX,
            formats: PhantomData,
        }
    }

    fn prefix(timestamp: i64, left: bool, key: &K) -> Result<Vec<u8>> {
        let mut prefix = timestamp.to_be_bytes().to_vec();
        prefix.push(u8::from(left));
        KF::encode(key, &mut prefix)?;
        Ok(prefix)
    }

    fn touch(&mut self, row_key: &[u8]) {
        if self.changelog.is_some() {
            self.unlogged.insert(row_key.to_vec());
        }
        if self.backend.is_some() {
            self.unflushed.insert(row_key.to_vec());
        }
    }

    /// Keeps a record.
    ///
    /// # Errors
    /// If the key cannot be encoded.
    pub fn put(&mut self, timestamp: i64, key: K, value: Either<L, R>) -> Result<()> {
        let left = matches!(value, Either::Left(_));
        let mut row_key = Self::prefix(timestamp, left, &key)?;
        row_key.extend_from_slice(&self.number.to_be_bytes());
        self.number = self.number.wrapping_add(1);
        self.touch(&row_key);
        self.min_time = self.min_time.min(timestamp);
        self.entries.insert(row_key, Entry { timestamp, key, value });
        Ok(())
    }

    /// Forgets the records of this key, side and time: they have found a partner.
    ///
    /// # Errors
    /// If the key cannot be encoded.
    pub fn remove(&mut self, timestamp: i64, left: bool, key: &K) -> Result<()> {
        let from = Self::prefix(timestamp, left, key)?;
        let length = from.len() + 4;
        let found: Vec<Vec<u8>> = self
            .entries
            .range(from.clone()..)
            .map(|(row_key, _)| row_key)
            .take_while(|row_key| row_key.starts_with(&from))
            .filter(|row_key| row_key.len() == length)
            .cloned()
            .collect();
        for row_key in found {
            self.touch(&row_key);
            self.entries.remove(&row_key);
        }
        Ok(())
    }

    /// Takes out the records whose windows have closed, in the order of their times: a left one when
    /// its timestamp and `left_ms` lie before `stream_time`, a right one by `right_ms`.
    pub fn closed(
        &mut self,
        stream_time: i64,
        left_ms: i64,
        right_ms: i64,
    ) -> Vec<(i64, K, Either<L, R>)> {
        let soonest = left_ms.min(right_ms);
        let mut closed = Vec::new();
        for (row_key, entry) in &self.entries {
            if entry.timestamp.saturating_add(soonest) >= stream_time {
                break;
            }
            if !entry.is_open(stream_time, left_ms, right_ms) {
                closed.push(row_key.clone());
            }
        }
        self.take(closed)
    }

    /// As [`closed`](Self::closed), and when Kafka Streams looks (`emitNonJoinedOuterRecords`): not
    /// before the smallest time that it remembers has passed by `own_ms`, that of the record's side.
    /// What it remembers is the time of the record that it looked at last.
    pub fn closed_as_kafka_streams(
        &mut self,
        stream_time: i64,
        own_ms: i64,
        left_ms: i64,
        right_ms: i64,
    ) -> Vec<(i64, K, Either<L, R>)> {
        if self.min_time.saturating_add(own_ms) >= stream_time {
            return Vec::new();
        }
        self.min_time = i64::MAX;
        let (mut left_open, mut right_open) = (false, false);
        let mut closed = Vec::new();
        for (row_key, entry) in &self.entries {
            self.min_time = entry.timestamp;
            if left_open && right_open {
                break;
            }
            if entry.is_open(stream_time, left_ms, right_ms) {
                match entry.value {
                    Either::Left(_) => left_open = true,
                    Either::Right(_) => right_open = true,
                }
            } else {
                closed.push(row_key.clone());
            }
        }
        self.take(closed)
    }

    fn take(&mut self, row_keys: Vec<Vec<u8>>) -> Vec<(i64, K, Either<L, R>)> {
        let mut taken = Vec::new();
        for row_key in row_keys {
            self.touch(&row_key);
            if let Some(Entry { timestamp, key, value }) = self.entries.remove(&row_key) {
                taken.push((timestamp, key, value));
            }
        }
        taken
    }

    fn encode(value: &Either<L, R>, out: &mut Vec<u8>) -> Result<()> {
        match value {
            Either::Left(value) => {
                out.push(1);
                LF::encode(value, out)
            }
            Either::Right(value) => {
                out.push(0);
                RF::encode(value, out)
            }
        }
    }

    /// What writes an entry's value, if there is one.
    fn value(entry: Option<&Entry<K, L, R>>) -> Option<impl row::Write + '_> {
        entry.map(|entry| |out: &mut Vec<u8>| Self::encode(&entry.value, out))
    }

    fn read(&mut self, row_key: &[u8], value: &[u8]) -> Result<()> {
        let parts = row_key.split_first_chunk::<8>().and_then(|(timestamp, rest)| {
            let (key, number) = rest.split_last_chunk::<4>()?;
            let (_, key) = key.split_first()?;
            Some((i64::from_be_bytes(*timestamp), key, u32::from_be_bytes(*number)))
        });
        let (Some((timestamp, key, number)), Some((side, value))) = (parts, value.split_first())
        else {
            let text =
                format!("a row of {} bytes is not one of store `{}`", row_key.len(), self.name);
            return Err(Error::new(ErrorKind::Decode, text));
        };
        let value = match side {
            0 => Either::Right(RF::decode(value)?),
            _ => Either::Left(LF::decode(value)?),
        };
        let entry = Entry { timestamp, key: KF::decode(key)?, value };
        self.number = self.number.max(number.wrapping_add(1));
        self.min_time = self.min_time.min(timestamp);
        self.entries.insert(row_key.to_vec(), entry);
        Ok(())
    }
}

impl<K, L, R, KF, LF, RF> StateStore for UnmatchedStore<K, L, R, KF, LF, RF>
where
    K: Send,
    L: Send,
    R: Send,
    KF: Encode<K> + DecodeOwned<K>,
    LF: Encode<L> + DecodeOwned<L>,
    RF: Encode<R> + DecodeOwned<R>,
{
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
            let timestamp = entry.map_or(0, |e| e.timestamp);
            let key = |out: &mut Vec<u8>| append(out, &row_key);
            row::log(output, (topic, partition), timestamp, key, Self::value(entry))?;
        }
        Ok(())
    }

    fn flush(&mut self, batch: &mut FlushBatch) -> Result<()> {
        for row_key in &self.unflushed {
            let entry = self.entries.get(row_key);
            let timestamp = entry.map_or(0, |e| e.timestamp);
            row::flush(
                batch,
                timestamp,
                |out: &mut Vec<u8>| append(out, row_key),
                Self::value(entry),
            )?;
        }
        Ok(())
    }

    fn flushed(&mut self) {
        self.unflushed.clear();
    }

    fn restore(&mut self, record: &RecordRef<'_>, batch: &mut FlushBatch) -> Result<()> {
        let Some(row_key) = record.key else { return Ok(()) };
        if self.backend.is_some() {
            return row::restore(batch, record, |out: &mut Vec<u8>| append(out, row_key));
        }
        match record.value {
            Some(value) => self.read(row_key, value),
            None => {
                self.entries.remove(row_key);
                Ok(())
            }
        }
    }

    fn restored(&mut self) -> Result<()> {
        let Some(backend) = self.backend.take() else { return Ok(()) };
        self.entries.clear();
        let read = backend.scan(&[], None, false, &mut |row_key, row| {
            let (_, value) = row::split(row)?;
            self.read(row_key, value).map(|()| true)
        });
        self.backend = Some(backend);
        read
    }

    fn memory(&self) -> usize {
        self.entries.len() * (size_of::<Entry<K, L, R>>() + 96)
    }

    fn shrink(&mut self, _: usize) {}

    fn rows(&self) -> Result<Vec<Row>> {
        let row = |(key, entry): (&Vec<u8>, &Entry<K, L, R>)| {
            let mut value = Vec::new();
            Self::encode(&entry.value, &mut value)?;
            Ok(Row { key: key.clone(), value, timestamp: entry.timestamp, until: None })
        };
        self.entries.iter().map(row).collect()
    }
}
