//! A store of rows by key and span of time, read by key and range: under sliding windows, sessions
//! and stream joins.
//!
//! The cache holds all live rows of a key together, sorted by span. On disk a row's key is its
//! segment of event time, the key, the span; so that a key is read with one short scan a segment, and
//! what has expired goes in one piece. In the changelog it is Kafka Streams' own: key, then the span.

mod kinds;
mod rows;
mod scan;

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;

pub use kinds::{SessionSpan, Span, WindowSpan};
pub use rows::Rows;
pub(super) use scan::live_times;

use super::cache::{Cache, Slot};
use super::expiry::{Expiry, FIRST_ROW, SEGMENT_BYTES, segment_key};
use super::home::Home;
use super::row::{self, Row};
use super::{Backend, FlushBatch, StateStore, WindowRows, order};
use crate::format::{DecodeOwned, Encode};
use crate::output::TopicIndex;
use crate::{Output, RecordRef, Result};

/// See the module. Keys are written in the format `KF`, values in `VF`.
pub struct SpanStore<T, K, V, KF, VF> {
    home: Home,
    expiry: Expiry,
    cache: Cache<K, Rows<T, V>>,
    hasher: foldhash::fast::FixedState,
    number: u32,
    /// True if rows that have expired stay for [`SpanStore::rows`] as long as memory has them.
    lingers: bool,
    formats: PhantomData<fn() -> (KF, VF)>,
}

impl<T: Span, K, V, KF, VF> SpanStore<T, K, V, KF, VF>
where
    K: Hash + Eq + Clone,
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    /// An empty store in memory that keeps rows for `retention_ms` of event time, at least 1.
    pub fn new(name: &'static str, changelog: Option<TopicIndex>, retention_ms: i64) -> Self {
        Self {
            home: Home::new(name, changelog),
            expiry: Expiry::new(retention_ms),
            cache: Cache::new(changelog.is_some()),
            hasher: foldhash::fast::FixedState::default(),
            number: 0,
            lingers: false,
            formats: PhantomData,
        }
    }

    /// With a fault of Kafka Streams, whose record cache shows rows that have expired until others push
    /// them out: they are in [`rows`](Self::rows) as long as memory has them, and nowhere else.
    pub fn with_a_cache_as_kafka_streams(mut self) -> Self {
        self.lingers = true;
        self
    }

    /// Largest time seen.
    pub fn observed(&self) -> i64 {
        self.expiry.observed()
    }

    /// True if Kafka Streams, where rows go by segments, still has those of this time after so long.
    pub fn has_segment(&self, time: i64, retention_ms: i64) -> bool {
        self.expiry.has_segment(time, retention_ms)
    }

    /// Rows at or before this time have expired.
    pub fn horizon(&self) -> i64 {
        self.expiry.horizon()
    }

    /// Event time goes on: rows expire.
    pub fn observe(&mut self, time: i64) {
        if self.expiry.observe(time) && !self.lingers {
            let horizon = self.horizon();
            // Keys that are never touched again would keep their rows for ever.
            self.cache.retain(self.home.disk().is_none(), |rows| rows.expire(horizon));
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
        let horizon = if self.lingers { i64::MIN } else { self.horizon() };
        let index = self.locate(key)?;
        match self.cache.get_mut(index).and_then(|slot| slot.value.as_mut()) {
            Some(rows) => {
                rows.expire(horizon);
                Ok(rows)
            }
            None => unreachable!("an entry that was just found or inserted, which always has rows"),
        }
    }

    /// The value of a key at a span, and its timestamp.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn get<Q>(&mut self, key: &Q, span: T) -> Result<Option<(&V, i64)>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        if self.expiry.is_expired(span.time()) {
            return Ok(None);
        }
        let hash = self.hasher.hash_one(key);
        let index = match self.cache.find(hash, |k| k.borrow() == key) {
            Some(index) => index,
            None if self.home.is_complete() => return Ok(None),
            None => self.load(hash, key)?,
        };
        Ok(self.cache.get(index).and_then(|slot| slot.value.as_ref()?.get(span)))
    }

    /// Puts the value of a key at a span, with the timestamp that the value has from now on. `false`
    /// if the span has expired: then nothing is put.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn put<Q>(&mut self, key: &Q, span: T, value: V, timestamp: i64) -> Result<bool>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        self.observe(span.time());
        if self.expiry.is_expired(span.time()) {
            return Ok(false);
        }
        self.rows(key)?.put(span, value, timestamp);
        Ok(true)
    }

    /// Removes the value of a key at a span, and gives it back.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn remove<Q>(&mut self, key: &Q, span: T) -> Result<Option<V>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        if self.get(key, span)?.is_none() {
            return Ok(None);
        }
        Ok(self.rows(key)?.remove(span))
    }

    fn locate<Q>(&mut self, key: &Q) -> Result<u32>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        let hash = self.hasher.hash_one(key);
        match self.cache.find(hash, |k| k.borrow() == key) {
            Some(index) => Ok(index),
            None => self.load(hash, key),
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
        let name = self.home.name;
        if let Some((disk, buffer)) = self.home.beyond_memory() {
            KF::encode(key, buffer)?;
            let mut read = 0;
            for segment in self.expiry.on_disk() {
                let from = prefix(segment, buffer);
                disk.scan(&from, order::after(&from).as_deref(), false, &mut |row_key, row| {
                    let span = row_key.get(from.len()..).and_then(T::read);
                    let span = span.ok_or_else(|| row::damaged(name))?;
                    let (value, timestamp) = row::decode::<V, VF>(row)?;
                    if !self.expiry.is_expired(span.time()) {
                        rows.restore(span, Some(value), timestamp);
                    }
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
        let found = self.get(&key, T::at(time, start))?;
        let found = found.map(|(value, timestamp)| (value.clone(), timestamp));
        Ok(found.map(|(value, timestamp)| (key, value, timestamp)))
    }

    fn each_span(&self, each: &mut dyn FnMut(&[u8], i64, i64)) -> Result<()> {
        if let Some(disk) = self.home.disk() {
            disk.scan(FIRST_ROW, None, false, &mut |row_key, _| {
                let (key, span) = split_key::<T>(self.home.name, row_key)?;
                each(&key, span.time(), span.start());
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
fn split_key<T: Span>(store: &str, row_key: &[u8]) -> Result<(Vec<u8>, T)> {
    let rest = row_key.get(SEGMENT_BYTES..).unwrap_or_default();
    let parts = order::read_key(rest).and_then(|(key, span)| Some((key, T::read(span)?)));
    parts.ok_or_else(|| row::damaged(store))
}

/// The beginning of the keys on disk of a key's rows in a segment.
fn prefix(segment: i64, key: &[u8]) -> Vec<u8> {
    let mut out = segment_key(segment).to_vec();
    order::write_key(key, &mut out);
    out
}

/// Key and span of a changelog's key.
pub(super) fn split_changelog<'a, T: Span>(bytes: &'a [u8], store: &str) -> Result<(&'a [u8], T)> {
    let at = bytes.len().checked_sub(T::CHANGELOG_BYTES);
    at.and_then(|at| bytes.split_at_checked(at))
        .and_then(|(key, span)| Some((key, T::read_changelog(span)?)))
        .ok_or_else(|| row::too_short(bytes, store))
}

impl<T: Span, K, V, KF, VF> StateStore for SpanStore<T, K, V, KF, VF>
where
    K: Hash + Eq + Clone + Send,
    V: Send,
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    fn name(&self) -> &'static str {
        self.home.name
    }

    fn open(&mut self, backend: Box<dyn Backend>) -> Result<()> {
        self.home.open(backend)?;
        self.restored()
    }

    fn log_changes(&mut self, partition: i32, output: &mut Output) -> Result<()> {
        let Some(topic) = self.home.changelog(partition) else { return Ok(()) };
        self.cache.log(|key, slot| {
            let Some(rows) = &mut slot.value else { return Ok(()) };
            rows.log(|span, value, timestamp| {
                let key = |out: &mut Vec<u8>| {
                    KF::encode(key, out)?;
                    span.write_changelog(out);
                    Ok(())
                };
                row::log(output, topic, timestamp, key, row::value::<V, VF>(value))
            })
        })
    }

    fn flush(&mut self, batch: &mut FlushBatch) -> Result<()> {
        if self.home.disk().is_none() {
            return Ok(());
        }
        self.expiry.flush(batch)?;
        let (expiry, mut encoded) = (&mut self.expiry, Vec::new());
        self.cache.flush(|key, slot| {
            let Some(rows) = &mut slot.value else { return Ok(0) };
            encoded.clear();
            KF::encode(key, &mut encoded)?;
            rows.flush(|span, value, timestamp| {
                let segment = expiry.segment(span.time());
                if segment < expiry.first() {
                    return Ok(());
                }
                expiry.wrote(segment);
                let key = |out: &mut Vec<u8>| {
                    out.extend_from_slice(&prefix(segment, &encoded));
                    span.write(out);
                    Ok(())
                };
                row::flush(batch, timestamp, key, row::value::<V, VF>(value)).map(drop)
            })?;
            Ok(encoded.len() + rows.len() * (size_of::<V>() + 48))
        })
    }

    fn flushed(&mut self) {
        if self.home.disk().is_some() {
            self.expiry.flushed();
            self.cache.flushed();
        }
    }

    fn restore(&mut self, record: &RecordRef<'_>, batch: &mut FlushBatch) -> Result<()> {
        let Some(bytes) = record.key else { return Ok(()) };
        let (bytes, span) = split_changelog::<T>(bytes, self.home.name)?;
        self.observe(span.time());
        if self.expiry.is_expired(span.time()) {
            return Ok(());
        }
        let key: K = KF::decode(bytes)?;
        let value = record.value.map(VF::decode).transpose()?;
        if self.home.disk().is_some() {
            let segment = self.expiry.segment(span.time());
            self.expiry.wrote(segment);
            self.expiry.restored(batch)?;
            return row::restore(batch, record, |out: &mut Vec<u8>| {
                out.extend_from_slice(&prefix(segment, bytes));
                span.write(out);
                Ok(())
            });
        }
        let hash = self.hasher.hash_one(&key);
        let index = match self.cache.find(hash, |k| *k == key) {
            Some(index) => index,
            None => {
                let slot = Slot { value: Some(Rows::default()), timestamp: -1 };
                self.cache.insert(hash, key, slot, None)
            }
        };
        if let Some(rows) = self.cache.restored(index).and_then(|s| s.value.as_mut()) {
            rows.restore(span, value, record.timestamp);
        }
        Ok(())
    }

    fn restored(&mut self) -> Result<()> {
        if let Some(disk) = self.home.disk() {
            self.expiry.read(disk)?;
        }
        self.home.restored()
    }

    fn memory(&self) -> usize {
        self.cache.memory()
    }

    fn uncommitted(&self) -> usize {
        self.cache.unlogged()
    }

    fn shrink(&mut self, target: usize) {
        if self.lingers && self.cache.memory() > target {
            let horizon = self.horizon();
            self.cache.retain(self.home.disk().is_none(), |rows| rows.expire(horizon));
        }
        if self.home.disk().is_some() && self.cache.shrink(target) {
            self.home.evicted();
        }
    }

    fn rows(&self) -> Result<Vec<Row>> {
        let full = |key: &[u8], span: T| {
            let mut full = key.to_vec();
            span.write_changelog(&mut full);
            full
        };
        row::listed(&mut |listing| {
            if let Some(disk) = self.home.disk() {
                disk.scan(FIRST_ROW, None, false, &mut |row_key, row| {
                    let (timestamp, value) = row::split(row)?;
                    let (key, span) = split_key::<T>(self.home.name, row_key)?;
                    if !self.expiry.is_expired(span.time()) {
                        listing.insert(full(&key, span), value, timestamp);
                    }
                    Ok(true)
                })?;
            }
            for (key, slot) in self.cache.iter() {
                let mut encoded = Vec::new();
                KF::encode(key, &mut encoded)?;
                for (span, value, timestamp) in slot.value.iter().flat_map(Rows::all) {
                    let live = value.filter(|_| !self.expiry.is_expired(span.time()));
                    let value = row::value::<V, VF>(live);
                    listing.overlay(full(&encoded, span), value, timestamp)?;
                }
            }
            Ok(())
        })
    }
}
