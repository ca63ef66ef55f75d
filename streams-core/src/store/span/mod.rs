//! A store of rows by key and span of time, read by key and range: under sliding windows, sessions
//! and stream joins.
//!
//! The cache holds all live rows of a key together, sorted by span. On disk a row's key is its
//! segment of event time (8 bytes, big endian), the length of the key (4 bytes), the key, the span; so
//! that a key is read with one short scan a segment, and what has expired goes in one piece. In the
//! changelog it is Kafka Streams' own: key, then the span.

mod kinds;
mod rows;

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;

pub use kinds::{SessionSpan, Span, WindowSpan};
pub use rows::Rows;

use super::cache::{Cache, Slot};
use super::{Backend, FlushBatch, Row, StateStore, WindowRows, append, split_row};
use crate::format::{DecodeOwned, Encode};
use crate::output::TopicIndex;
use crate::{Error, ErrorKind, Headers, Output, RecordRef, Result};

/// Kafka Streams' smallest segment, in milliseconds.
const MIN_SEGMENT_MS: i64 = 60_000;

/// See the module. Keys are written in the format `KF`, values in `VF`.
pub struct SpanStore<T, K, V, KF, VF> {
    name: &'static str,
    changelog: Option<TopicIndex>,
    retention_ms: i64,
    segment_ms: i64,
    /// Largest time seen; rows with `time <= observed - retention` have expired.
    observed: i64,
    cache: Cache<K, Rows<T, V>>,
    hasher: foldhash::fast::FixedState,
    backend: Option<Box<dyn Backend>>,
    complete: bool,
    /// Last segment with rows on disk when it was opened.
    disk_last: i64,
    /// First segment that is not deleted on disk yet, and that was when it was last written.
    disk_from: i64,
    flushed_from: i64,
    scratch: Vec<u8>,
    number: u32,
    formats: PhantomData<fn() -> (KF, VF)>,
}

impl<T: Span, K, V, KF, VF> SpanStore<T, K, V, KF, VF>
where
    K: Hash + Eq + Clone,
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
            cache: Cache::new(changelog.is_some(), false),
            hasher: foldhash::fast::FixedState::default(),
            backend: None,
            complete: true,
            disk_last: -1,
            disk_from: 0,
            flushed_from: 0,
            scratch: Vec::new(),
            number: 0,
            formats: PhantomData,
        }
    }

    /// Largest time seen.
    pub fn observed(&self) -> i64 {
        self.observed
    }

    /// True if Kafka Streams, where rows go by segments, still has those of this time after so long.
    pub fn has_segment(&self, time: i64, retention_ms: i64) -> bool {
        let segment_ms = (retention_ms / 2).max(MIN_SEGMENT_MS);
        let first = self.observed.saturating_sub(retention_ms).div_euclid(segment_ms);
        time.div_euclid(segment_ms) >= first
    }

    /// Rows at or before this time have expired.
    pub fn horizon(&self) -> i64 {
        self.observed.saturating_sub(self.retention_ms)
    }

    /// Event time goes on: rows expire.
    pub fn observe(&mut self, time: i64) {
        if time <= self.observed {
            return;
        }
        let before = self.horizon().div_euclid(self.segment_ms);
        self.observed = time;
        let horizon = self.horizon();
        let now = horizon.div_euclid(self.segment_ms);
        if now > before {
            self.disk_from = self.disk_from.max(now);
            // Keys that are never touched again would keep their rows for ever.
            self.cache.retain(|rows| rows.expire(horizon));
        }
    }

    /// A number that tells duplicates apart, as Kafka Streams' sequence number of window stores.
    pub fn next_number(&mut self) -> u32 {
        self.number = self.number.wrapping_add(1) & 0x7fff_ffff;
        self.number
    }

    /// The live rows of `key`, to read and change.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn rows<Q>(&mut self, key: &Q) -> Result<&mut Rows<T, V>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        let horizon = self.horizon();
        let hash = self.hasher.hash_one(key);
        let index = match self.cache.find(hash, |k| k.borrow() == key) {
            Some(index) => index,
            None => self.load(hash, key)?,
        };
        match self.cache.get_mut(index).and_then(|slot| slot.value.as_mut()) {
            Some(rows) => {
                rows.expire(horizon);
                Ok(rows)
            }
            None => unreachable!("an entry that was just found or inserted, which always has rows"),
        }
    }

    #[cold]
    fn load<Q>(&mut self, hash: u64, key: &Q) -> Result<u32>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        KF: Encode<Q>,
    {
        let mut rows = Rows::default();
        let mut bytes = None;
        if !self.complete
            && let Some(backend) = &self.backend
        {
            self.scratch.clear();
            KF::encode(key, &mut self.scratch)?;
            let last = self.disk_last.max(self.observed.div_euclid(self.segment_ms));
            let mut read = 0;
            for segment in self.disk_from..=last {
                let mut from = Vec::new();
                prefix(&mut from, segment, &self.scratch);
                let to = after(&from);
                backend.scan(&from, to.as_deref(), false, &mut |row_key, row| {
                    let span = row_key
                        .get(from.len()..)
                        .and_then(T::read)
                        .ok_or_else(|| damaged(self.name))?;
                    let (timestamp, value) = split_row(row)?;
                    rows.restore(span, Some(VF::decode(value)?), timestamp);
                    read += row_key.len() + row.len();
                    Ok(true)
                })?;
            }
            bytes = Some(read);
        }
        let slot = Slot { value: Some(rows), timestamp: -1 };
        Ok(self.cache.insert(hash, key.to_owned(), slot, bytes))
    }
}

impl<T: Span, K, V, KF, VF> WindowRows<K, V> for SpanStore<T, K, V, KF, VF>
where
    K: Hash + Eq + Clone,
    V: Clone,
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    fn row(&mut self, key: &[u8], time: i64, start: i64) -> Result<Option<(K, V, i64)>> {
        let key: K = KF::decode(key)?;
        let found = self.rows(&key)?.get(T::at(time, start));
        let found = found.map(|(value, timestamp)| (value.clone(), timestamp));
        Ok(found.map(|(value, timestamp)| (key, value, timestamp)))
    }

    fn each_span(&self, each: &mut dyn FnMut(&[u8], i64, i64)) -> Result<()> {
        if let Some(backend) = &self.backend {
            backend.scan(&[], None, false, &mut |row_key, _| {
                let (key, span) = split_key::<T>(row_key).ok_or_else(|| damaged(self.name))?;
                each(key, span.time(), span.start());
                Ok(true)
            })?;
        }
        let mut encoded = Vec::new();
        for (key, slot) in self.cache.iter() {
            encoded.clear();
            KF::encode(key, &mut encoded)?;
            for (span, ..) in slot.value.iter().flat_map(Rows::all) {
                each(&encoded, span.time(), span.start());
            }
        }
        Ok(())
    }
}

/// Key and span of a row's key on disk.
fn split_key<T: Span>(row_key: &[u8]) -> Option<(&[u8], T)> {
    let (length, rest) = row_key.get(8..)?.split_first_chunk::<4>()?;
    let (key, span) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    Some((key, T::read(span)?))
}

/// The beginning of the keys on disk of a key's rows in a segment.
fn prefix(out: &mut Vec<u8>, segment: i64, key: &[u8]) {
    out.extend_from_slice(&segment.to_be_bytes());
    out.extend_from_slice(&(key.len() as u32).to_be_bytes());
    out.extend_from_slice(key);
}

/// The first key after all that begin with `prefix`; `None` where there is no end.
fn after(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}

fn damaged(store: &str) -> Error {
    let text = format!(
        "store `{store}` has a row on disk whose key cannot be read: delete the state directory, it is \
         rebuilt from the changelog"
    );
    Error::new(ErrorKind::Store, text)
}

impl<T: Span, K, V, KF, VF> StateStore for SpanStore<T, K, V, KF, VF>
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
        self.backend = Some(backend);
        self.cache.set_flushes();
        self.restored()
    }

    fn log_changes(&mut self, partition: i32, output: &mut Output) -> Result<()> {
        let Some(topic) = self.changelog else { return Ok(()) };
        self.cache.log(|key, slot| {
            let Some(rows) = &mut slot.value else { return Ok(()) };
            rows.log(|span, value, timestamp| {
                output.write(
                    topic,
                    Some(partition),
                    timestamp.max(0),
                    Headers::EMPTY,
                    |out| {
                        KF::encode(key, out)?;
                        span.write_changelog(out);
                        Ok(true)
                    },
                    |out| match value {
                        Some(value) => VF::encode(value, out).map(|()| true),
                        None => Ok(false),
                    },
                )
            })
        })
    }

    fn flush(&mut self, batch: &mut FlushBatch) -> Result<()> {
        if self.disk_from > self.flushed_from {
            batch.delete_range(&self.flushed_from.to_be_bytes(), &self.disk_from.to_be_bytes())?;
        }
        let (segment_ms, scratch) = (self.segment_ms, &mut self.scratch);
        self.cache.flush(|key, slot| {
            let Some(rows) = &mut slot.value else { return Ok(0) };
            scratch.clear();
            KF::encode(key, scratch)?;
            rows.flush(|span, value, timestamp| {
                let segment = span.time().div_euclid(segment_ms);
                let encode = |out: &mut Vec<u8>| {
                    prefix(out, segment, scratch);
                    span.write(out);
                    Ok(())
                };
                match value {
                    Some(value) => batch.put(encode, |out| {
                        out.extend_from_slice(&timestamp.to_be_bytes());
                        VF::encode(value, out)
                    }),
                    None => batch.delete(encode),
                }
            })?;
            Ok(scratch.len() + rows.len() * (size_of::<V>() + 48))
        })
    }

    fn flushed(&mut self) {
        self.flushed_from = self.disk_from;
        self.cache.flushed();
    }

    fn restore(&mut self, record: &RecordRef<'_>, batch: &mut FlushBatch) -> Result<()> {
        let Some(bytes) = record.key else { return Ok(()) };
        let parts =
            bytes.len().checked_sub(T::CHANGELOG_BYTES).and_then(|at| bytes.split_at_checked(at));
        let Some((key, span)) = parts.and_then(|(key, span)| Some((key, T::read_changelog(span)?)))
        else {
            let text = format!(
                "a key of {} bytes is too short for the changelog of store `{}`",
                bytes.len(),
                self.name
            );
            return Err(Error::new(ErrorKind::Decode, text));
        };
        self.observe(span.time());
        if span.time() <= self.horizon() {
            return Ok(());
        }
        if self.backend.is_some() {
            let segment = span.time().div_euclid(self.segment_ms);
            let encode = |out: &mut Vec<u8>| {
                prefix(out, segment, key);
                span.write(out);
                Ok(())
            };
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
        let hash = self.hasher.hash_one(&key);
        let index = match self.cache.find(hash, |k| *k == key) {
            Some(index) => index,
            None => {
                let slot = Slot { value: Some(Rows::default()), timestamp: -1 };
                self.cache.insert(hash, key, slot, None)
            }
        };
        if let Some(rows) = self.cache.get_clean(index).and_then(|s| s.value.as_mut()) {
            rows.restore(span, value, record.timestamp);
        }
        Ok(())
    }

    fn restored(&mut self) -> Result<()> {
        let Some(backend) = &self.backend else { return Ok(()) };
        self.complete = backend.is_empty()?;
        let mut last = -1;
        backend.scan(&[], None, true, &mut |key, _| {
            last = key.first_chunk::<8>().map_or(-1, |s| i64::from_be_bytes(*s));
            Ok(false)
        })?;
        self.disk_last = self.disk_last.max(last);
        // Rows of an earlier run may begin before what is known to have expired.
        Ok(())
    }

    fn memory(&self) -> usize {
        self.cache.memory()
    }

    fn uncommitted(&self) -> usize {
        self.cache.unlogged()
    }

    fn shrink(&mut self, target: usize) {
        if self.backend.is_some() && self.cache.shrink(target) {
            self.complete = false;
        }
    }

    fn rows(&self) -> Result<Vec<Row>> {
        let horizon = self.horizon();
        let mut found = BTreeMap::new();
        let full = |key: &[u8], span: T| {
            let mut full = key.to_vec();
            span.write_changelog(&mut full);
            full
        };
        if let Some(backend) = &self.backend {
            backend.scan(&[], None, false, &mut |row_key, row| {
                let (timestamp, value) = split_row(row)?;
                let (key, span) = split_key::<T>(row_key).ok_or_else(|| damaged(self.name))?;
                if span.time() > horizon {
                    found.insert(full(key, span), (value.to_vec(), timestamp));
                }
                Ok(true)
            })?;
        }
        for (key, slot) in self.cache.iter() {
            let mut encoded = Vec::new();
            KF::encode(key, &mut encoded)?;
            for (span, value, timestamp) in slot.value.iter().flat_map(Rows::all) {
                match value {
                    Some(value) if span.time() > horizon => {
                        let mut bytes = Vec::new();
                        VF::encode(value, &mut bytes)?;
                        found.insert(full(&encoded, span), (bytes, timestamp));
                    }
                    _ => {
                        found.remove(&full(&encoded, span));
                    }
                }
            }
        }
        Ok(found
            .into_iter()
            .map(|(key, (value, timestamp))| Row { key, value, timestamp })
            .collect())
    }
}
