//! Records of a stream–stream join that have found no partner yet, in the order in which their
//! windows close.
//!
//! All are in memory: there are only those of open windows. On disk and in the changelog a row's key
//! is the timestamp (8 bytes, big endian), the side (1 for left, 0 for right), the key, a number (4
//! bytes) that tells duplicates apart; its value is the side and the record's value, as Kafka Streams'
//! `LeftOrRightValueSerializer`.

use std::marker::PhantomData;

use super::ordered::{Ordered, Waiting};
use super::row::Row;
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

struct Entry<K, L, R, KF, LF, RF> {
    timestamp: i64,
    key: K,
    value: Either<L, R>,
    formats: Formats<KF, LF, RF>,
}

impl<K, L, R, KF, LF, RF> Entry<K, L, R, KF, LF, RF> {
    fn is_open(&self, stream_time: i64, left_ms: i64, right_ms: i64) -> bool {
        let after = match self.value {
            Either::Left(_) => left_ms,
            Either::Right(_) => right_ms,
        };
        self.timestamp.saturating_add(after) >= stream_time
    }
}

impl<K, L, R, KF, LF: Encode<L>, RF: Encode<R>> Waiting for Entry<K, L, R, KF, LF, RF> {
    fn timestamp(&self) -> i64 {
        self.timestamp
    }

    fn write(&self, out: &mut Vec<u8>) -> Result<()> {
        match &self.value {
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
}

impl<K, L, R, KF, LF, RF> Entry<K, L, R, KF, LF, RF>
where
    KF: DecodeOwned<K>,
    LF: DecodeOwned<L>,
    RF: DecodeOwned<R>,
{
    /// What reads the rows of a store.
    fn read(store: &'static str) -> impl Fn(&[u8], &[u8]) -> Result<Self> {
        move |row_key, value| {
            let parts = row_key.split_first_chunk::<8>().and_then(|(timestamp, rest)| {
                let (key, _) = rest.split_last_chunk::<4>()?;
                Some((i64::from_be_bytes(*timestamp), key.split_first()?.1))
            });
            let (Some((timestamp, key)), Some((side, value))) = (parts, value.split_first()) else {
                let text =
                    format!("a row of {} bytes is not one of store `{store}`", row_key.len());
                return Err(Error::new(ErrorKind::Decode, text));
            };
            let value = match side {
                0 => Either::Right(RF::decode(value)?),
                _ => Either::Left(LF::decode(value)?),
            };
            Ok(Self { timestamp, key: KF::decode(key)?, value, formats: PhantomData })
        }
    }
}

/// See the module. Keys are written in the format `KF`, values in `LF` and `RF`.
pub struct UnmatchedStore<K, L, R, KF, LF, RF> {
    waiting: Ordered<Entry<K, L, R, KF, LF, RF>>,
    number: u32,
    /// Kafka Streams' `TimeTracker.minTime`.
    min_time: i64,
}

impl<K, L, R, KF, LF, RF> UnmatchedStore<K, L, R, KF, LF, RF>
where
    KF: Encode<K> + DecodeOwned<K>,
    LF: Encode<L> + DecodeOwned<L>,
    RF: Encode<R> + DecodeOwned<R>,
{
    /// An empty store.
    pub fn new(name: &'static str, changelog: Option<TopicIndex>) -> Self {
        Self { waiting: Ordered::new(name, changelog), number: 0, min_time: i64::MAX }
    }

    fn prefix(timestamp: i64, left: bool, key: &K) -> Result<Vec<u8>> {
        let mut prefix = timestamp.to_be_bytes().to_vec();
        prefix.push(u8::from(left));
        KF::encode(key, &mut prefix)?;
        Ok(prefix)
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
        self.min_time = self.min_time.min(timestamp);
        self.waiting.insert(row_key, Entry { timestamp, key, value, formats: PhantomData });
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
            .waiting
            .entries()
            .range(from.clone()..)
            .map(|(row_key, _)| row_key)
            .take_while(|row_key| row_key.starts_with(&from))
            .filter(|row_key| row_key.len() == length)
            .cloned()
            .collect();
        for row_key in found {
            self.waiting.remove(&row_key);
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
        for (row_key, entry) in self.waiting.entries() {
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
        for (row_key, entry) in self.waiting.entries() {
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
        let taken = row_keys.into_iter().filter_map(|row_key| self.waiting.remove(&row_key));
        taken.map(|Entry { timestamp, key, value, .. }| (timestamp, key, value)).collect()
    }

    /// The number and time that the rows in memory tell.
    fn recount(&mut self) {
        for (row_key, entry) in self.waiting.entries() {
            if let Some((_, number)) = row_key.split_last_chunk::<4>() {
                self.number = self.number.max(u32::from_be_bytes(*number).wrapping_add(1));
            }
            self.min_time = self.min_time.min(entry.timestamp);
        }
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
        self.waiting.name
    }

    fn open(&mut self, backend: Box<dyn Backend>) -> Result<()> {
        self.waiting.open(backend, Entry::read(self.waiting.name))?;
        self.recount();
        Ok(())
    }

    fn log_changes(&mut self, partition: i32, output: &mut Output) -> Result<()> {
        self.waiting.log(partition, output)
    }

    fn flush(&mut self, batch: &mut FlushBatch) -> Result<()> {
        self.waiting.flush(batch)
    }

    fn flushed(&mut self) {
        self.waiting.flushed();
    }

    fn restore(&mut self, record: &RecordRef<'_>, batch: &mut FlushBatch) -> Result<()> {
        let name = self.waiting.name;
        self.waiting.restore(record, batch, |key, value| Entry::read(name)(key, value))
    }

    fn restored(&mut self) -> Result<()> {
        self.waiting.restored(Entry::read(self.waiting.name))?;
        self.recount();
        Ok(())
    }

    fn memory(&self) -> usize {
        self.waiting.entries().len() * (size_of::<Entry<K, L, R, KF, LF, RF>>() + 96)
    }

    fn shrink(&mut self, _: usize) {}

    fn rows(&self) -> Result<Vec<Row>> {
        self.waiting.rows()
    }
}
