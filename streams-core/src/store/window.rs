//! The window store: a value for each key and window, for as long as the retention.
//!
//! Rows lie in *segments* of event time, as in Kafka Streams, so that what has expired goes in one
//! piece: a segment in memory, a range of keys on disk. The row's key on disk is the segment (8
//! bytes, big endian), the key, the window's start (8 bytes, big endian); in the changelog it is
//! Kafka Streams' own: key, start (8 bytes), sequence number (4 bytes, 0).

use std::borrow::Borrow;
use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher, Hash, Hasher};
use std::marker::PhantomData;

use super::cache::{Cache, Slot};
use super::{Backend, FlushBatch, Row, StateStore, WindowRows, append, split_row};
use crate::format::{DecodeOwned, Encode};
use crate::output::TopicIndex;
use crate::{Error, ErrorKind, Headers, Output, RecordRef, Result};

/// Kafka Streams' smallest segment, in milliseconds.
const MIN_SEGMENT_MS: i64 = 60_000;

/// Bytes after the key in a changelog key.
const CHANGELOG_SUFFIX: usize = 12;

struct Segment<K, V> {
    id: i64,
    rows: Cache<(K, i64), V>,
}

/// A window store (Kafka Streams' `TimestampedWindowStore`), with keys written in the format `KF`
/// and values in `VF`.
pub struct WindowStore<K, V, KF, VF> {
    name: &'static str,
    changelog: Option<TopicIndex>,
    retention_ms: i64,
    segment_ms: i64,
    /// Largest window start seen; rows with `start <= observed - retention` have expired.
    observed: i64,
    /// In memory, ascending; those that matter are at the back.
    segments: VecDeque<Segment<K, V>>,
    hasher: foldhash::fast::FixedState,
    backend: Option<Box<dyn Backend>>,
    complete: bool,
    /// First segment that is not deleted on disk yet.
    disk_from: i64,
    flushed_from: i64,
    scratch: Vec<u8>,
    /// The place of a row that has expired: what is put there is gone.
    expired: Slot<V>,
    formats: PhantomData<fn() -> (KF, VF)>,
}

impl<K, V, KF, VF> WindowStore<K, V, KF, VF>
where
    K: Hash + Eq,
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    /// An empty store in memory that keeps rows for `retention_ms` of event time.
    pub fn new(name: &'static str, changelog: Option<TopicIndex>, retention_ms: i64) -> Self {
        Self {
            name,
            changelog,
            retention_ms,
            segment_ms: (retention_ms / 2).max(MIN_SEGMENT_MS),
            observed: -1,
            segments: VecDeque::new(),
            hasher: foldhash::fast::FixedState::default(),
            backend: None,
            complete: true,
            disk_from: 0,
            flushed_from: 0,
            scratch: Vec::new(),
            expired: Slot { value: None, timestamp: -1 },
            formats: PhantomData,
        }
    }

    /// Largest start of a window seen.
    pub fn observed(&self) -> i64 {
        self.observed
    }

    fn expired(&self, start: i64) -> bool {
        start <= self.observed.saturating_sub(self.retention_ms)
    }

    fn hash<Q: ?Sized + Hash>(&self, key: &Q, start: i64) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        key.hash(&mut hasher);
        hasher.write_i64(start);
        hasher.finish()
    }

    /// The value of `key` in the window that starts at `start`, and its timestamp.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn get<Q>(&mut self, key: &Q, start: i64) -> Result<Option<(&V, i64)>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        if self.expired(start) {
            return Ok(None);
        }
        let (segment, index) = self.locate(key, start)?;
        let rows = self.segments.get_mut(segment).map(|s| &mut s.rows);
        Ok(rows
            .and_then(|rows| rows.get(index))
            .and_then(|s| Some((s.value.as_ref()?, s.timestamp))))
    }

    /// The place of `key` in the window that starts at `start`, to change; `None` deletes. A row that
    /// has expired has no value, and keeps none.
    ///
    /// # Errors
    /// If the disk cannot be read.
    #[inline]
    pub fn slot<Q>(&mut self, key: &Q, start: i64) -> Result<&mut Slot<V>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        if start > self.observed {
            self.observed = start;
            self.expire();
        }
        if self.expired(start) {
            self.expired = Slot { value: None, timestamp: -1 };
            return Ok(&mut self.expired);
        }
        let (segment, index) = self.locate(key, start)?;
        match self.segments.get_mut(segment).and_then(|s| s.rows.get_mut(index)) {
            Some(slot) => Ok(slot),
            None => unreachable!("an entry that was just found or inserted"),
        }
    }

    /// Position of the segment of `start` in memory, made if absent.
    #[inline]
    fn segment(&mut self, start: i64) -> usize {
        let id = start.div_euclid(self.segment_ms);
        let at = self.segments.iter().rposition(|s| s.id <= id);
        match at {
            Some(at) if self.segments.get(at).is_some_and(|s| s.id == id) => at,
            _ => {
                let at = at.map_or(0, |at| at + 1);
                let rows = Cache::new(self.changelog.is_some(), self.backend.is_some());
                self.segments.insert(at, Segment { id, rows });
                at
            }
        }
    }

    #[inline]
    fn locate<Q>(&mut self, key: &Q, start: i64) -> Result<(usize, u32)>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        let hash = self.hash(key, start);
        let segment = self.segment(start);
        let found = self
            .segments
            .get(segment)
            .and_then(|s| s.rows.find(hash, |(k, t)| *t == start && k.borrow() == key));
        match found {
            Some(index) => Ok((segment, index)),
            None => Ok((segment, self.load(hash, segment, key, start)?)),
        }
    }

    #[cold]
    fn load<Q>(&mut self, hash: u64, segment: usize, key: &Q, start: i64) -> Result<u32>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        KF: Encode<Q>,
    {
        let mut slot = Slot { value: None, timestamp: -1 };
        let mut bytes = None;
        if !self.complete
            && let Some(backend) = &self.backend
        {
            self.scratch.clear();
            let id = start.div_euclid(self.segment_ms);
            row_key(&mut self.scratch, id, start, |out| KF::encode(key, out))?;
            backend.get(&self.scratch, &mut |row| {
                let (timestamp, value) = split_row(row)?;
                slot = Slot { value: Some(VF::decode(value)?), timestamp };
                bytes = Some(row.len());
                Ok(())
            })?;
        }
        match self.segments.get_mut(segment) {
            Some(s) => Ok(s.rows.insert(hash, (key.to_owned(), start), slot, bytes)),
            None => unreachable!("the segment was just located"),
        }
    }

    /// Drops the segments whose every row has expired.
    fn expire(&mut self) {
        let first = self.observed.saturating_sub(self.retention_ms).saturating_add(1);
        let keep = first.div_euclid(self.segment_ms);
        while self.segments.front().is_some_and(|s| s.id < keep) {
            self.segments.pop_front();
        }
        self.disk_from = self.disk_from.max(keep);
    }

    fn changelog_key<'a>(&self, key: &'a [u8]) -> Result<(&'a [u8], i64)> {
        let parts = key
            .len()
            .checked_sub(CHANGELOG_SUFFIX)
            .and_then(|at| key.split_at_checked(at))
            .and_then(|(key, rest)| Some((key, i64::from_be_bytes(*rest.first_chunk::<8>()?))));
        parts.ok_or_else(|| {
            Error::new(
                ErrorKind::Decode,
                format!(
                    "a key of {} bytes is too short for the changelog of window store `{}`",
                    key.len(),
                    self.name
                ),
            )
        })
    }
}

impl<K, V, KF, VF> WindowRows<K, V> for WindowStore<K, V, KF, VF>
where
    K: Hash + Eq + Clone,
    V: Clone,
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    fn row(&mut self, key: &[u8], time: i64, _: i64) -> Result<Option<(K, V, i64)>> {
        let key: K = KF::decode(key)?;
        let found = self.get(&key, time)?.map(|(value, timestamp)| (value.clone(), timestamp));
        Ok(found.map(|(value, timestamp)| (key, value, timestamp)))
    }

    fn each_span(&self, each: &mut dyn FnMut(&[u8], i64, i64)) -> Result<()> {
        if let Some(backend) = &self.backend {
            backend.scan(&[], None, false, &mut |key, _| {
                if let Some((key, start)) = key.get(8..).and_then(|k| k.split_last_chunk::<8>()) {
                    each(key, i64::from_be_bytes(*start), 0);
                }
                Ok(true)
            })?;
        }
        let mut encoded = Vec::new();
        for ((key, start), _) in self.segments.iter().flat_map(|s| s.rows.iter()) {
            encoded.clear();
            KF::encode(key, &mut encoded)?;
            each(&encoded, *start, 0);
        }
        Ok(())
    }
}

fn row_key(
    out: &mut Vec<u8>,
    segment: i64,
    start: i64,
    key: impl FnOnce(&mut Vec<u8>) -> Result<()>,
) -> Result<()> {
    out.extend_from_slice(&segment.to_be_bytes());
    key(out)?;
    out.extend_from_slice(&start.to_be_bytes());
    Ok(())
}

impl<K, V, KF, VF> StateStore for WindowStore<K, V, KF, VF>
where
    K: Hash + Eq + Clone + Send,
    V: Send,
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn open(&mut self, backend: Box<dyn Backend>) -> Result<()> {
        self.complete = backend.is_empty()?;
        self.backend = Some(backend);
        for segment in &mut self.segments {
            segment.rows.set_flushes();
        }
        Ok(())
    }

    fn log_changes(&mut self, partition: i32, output: &mut Output) -> Result<()> {
        let Some(topic) = self.changelog else { return Ok(()) };
        for segment in &mut self.segments {
            segment.rows.log(|(key, start), slot| {
                output.write(
                    topic,
                    Some(partition),
                    slot.timestamp.max(0),
                    Headers::EMPTY,
                    |out| {
                        KF::encode(key, out)?;
                        out.extend_from_slice(&start.to_be_bytes());
                        out.extend_from_slice(&0u32.to_be_bytes());
                        Ok(true)
                    },
                    |out| match &slot.value {
                        Some(value) => VF::encode(value, out).map(|()| true),
                        None => Ok(false),
                    },
                )
            })?;
        }
        Ok(())
    }

    fn flush(&mut self, batch: &mut FlushBatch) -> Result<()> {
        if self.disk_from > self.flushed_from {
            batch.delete_range(&self.flushed_from.to_be_bytes(), &self.disk_from.to_be_bytes())?;
        }
        for segment in &mut self.segments {
            let id = segment.id;
            segment.rows.flush(|(key, start), slot| {
                let before = batch.bytes();
                let encode =
                    |out: &mut Vec<u8>| row_key(out, id, *start, |out| KF::encode(key, out));
                match &slot.value {
                    Some(value) => batch.put(encode, |out| {
                        out.extend_from_slice(&slot.timestamp.to_be_bytes());
                        VF::encode(value, out)
                    })?,
                    None => batch.delete(encode)?,
                }
                Ok(batch.bytes() - before)
            })?;
        }
        Ok(())
    }

    fn flushed(&mut self) {
        self.flushed_from = self.disk_from;
        for segment in &mut self.segments {
            segment.rows.flushed();
        }
    }

    fn restore(&mut self, record: &RecordRef<'_>, batch: &mut FlushBatch) -> Result<()> {
        let Some(bytes) = record.key else { return Ok(()) };
        let (key, start) = self.changelog_key(bytes)?;
        if start > self.observed {
            self.observed = start;
            self.expire();
        }
        if self.expired(start) {
            return Ok(());
        }
        let id = start.div_euclid(self.segment_ms);
        if self.backend.is_some() {
            let encode = |out: &mut Vec<u8>| row_key(out, id, start, |out| append(out, key));
            return match record.value {
                Some(value) => batch.put(encode, |out| {
                    out.extend_from_slice(&record.timestamp.to_be_bytes());
                    append(out, value)
                }),
                None => batch.delete(encode),
            };
        }
        let key: K = KF::decode(key)?;
        let value = record.value.map(VF::decode).transpose()?;
        let slot = Slot { value, timestamp: record.timestamp };
        let hash = self.hash(&key, start);
        let at = self.segment(start);
        let Some(segment) = self.segments.get_mut(at) else { return Ok(()) };
        match segment.rows.find(hash, |(k, t)| *t == start && *k == key) {
            Some(index) => {
                if let Some(place) = segment.rows.get_clean(index) {
                    *place = slot;
                }
            }
            None => {
                let bytes = record.value.map(|v| v.len() + 8);
                segment.rows.insert(hash, (key, start), slot, bytes);
            }
        }
        Ok(())
    }

    fn restored(&mut self) -> Result<()> {
        if let Some(backend) = &self.backend {
            self.complete = backend.is_empty()?;
        }
        Ok(())
    }

    fn memory(&self) -> usize {
        self.segments.iter().map(|s| s.rows.memory()).sum()
    }

    fn uncommitted(&self) -> usize {
        self.segments.iter().map(|s| s.rows.unlogged()).sum()
    }

    fn shrink(&mut self, target: usize) {
        if self.backend.is_none() {
            return;
        }
        let mut rest = self.memory();
        for segment in &mut self.segments {
            if rest <= target {
                break;
            }
            let own = segment.rows.memory();
            if segment.rows.shrink(own.saturating_sub(rest - target)) {
                self.complete = false;
            }
            rest -= own - segment.rows.memory();
        }
    }

    fn rows(&self) -> Result<Vec<Row>> {
        let mut rows = BTreeMap::new();
        let full = |key: &[u8], start: i64| [key, &start.to_be_bytes(), &[0; 4]].concat();
        if let Some(backend) = &self.backend {
            backend.scan(&[], None, false, &mut |key, row| {
                let (timestamp, value) = split_row(row)?;
                let parts = key.get(8..).and_then(|k| k.split_last_chunk::<8>());
                if let Some((key, start)) = parts {
                    let start = i64::from_be_bytes(*start);
                    if !self.expired(start) {
                        rows.insert(full(key, start), (value.to_vec(), timestamp));
                    }
                }
                Ok(true)
            })?;
        }
        for segment in &self.segments {
            for ((key, start), slot) in segment.rows.iter() {
                let mut encoded = Vec::new();
                KF::encode(key, &mut encoded)?;
                let encoded = full(&encoded, *start);
                match &slot.value {
                    Some(value) if !self.expired(*start) => {
                        let mut bytes = Vec::new();
                        VF::encode(value, &mut bytes)?;
                        rows.insert(encoded, (bytes, slot.timestamp));
                    }
                    _ => {
                        rows.remove(&encoded);
                    }
                }
            }
        }
        Ok(rows
            .into_iter()
            .map(|(key, (value, timestamp))| Row { key, value, timestamp })
            .collect())
    }
}
