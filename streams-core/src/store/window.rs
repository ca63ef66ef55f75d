//! The window store: a value for each key and window, for as long as the retention.
//!
//! Rows lie in segments of event time, so that what has expired goes in one piece: a cache in memory,
//! a range of keys on disk. The row's key on disk is the segment, the key, the window's start; in the
//! changelog it is Kafka Streams' own: key, start (8 bytes), sequence number (4 bytes, 0).

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::hash::{BuildHasher, Hash, Hasher};
use std::marker::PhantomData;
use std::ops::RangeBounds;

use super::cache::{Cache, Slot};
use super::expiry::{Expiry, FIRST_ROW, SEGMENT_BYTES, segment_key};
use super::home::{self, Home};
use super::row::{self, Row};
use super::scan::{Found, Keys, Page, Scan};
use super::span::{Span, WindowSpan};
use super::{Backend, FlushBatch, StateStore, WindowRows, order, span};
use crate::format::{DecodeOwned, Encode};
use crate::output::TopicIndex;
use crate::{Output, RecordRef, Result};

struct Segment<K, V> {
    id: i64,
    rows: Cache<(K, i64), V>,
}

/// A window store (Kafka Streams' `TimestampedWindowStore`), with keys written in the format `KF`
/// and values in `VF`.
pub struct WindowStore<K, V, KF, VF> {
    home: Home,
    expiry: Expiry,
    /// In memory, ascending; those that matter are at the back.
    segments: VecDeque<Segment<K, V>>,
    hasher: foldhash::fast::FixedState,
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
    /// An empty store in memory that keeps rows for `retention_ms` of event time, at least 1.
    pub fn new(name: &'static str, changelog: Option<TopicIndex>, retention_ms: i64) -> Self {
        Self {
            home: Home::new(name, changelog),
            expiry: Expiry::new(retention_ms),
            segments: VecDeque::new(),
            hasher: foldhash::fast::FixedState::default(),
            expired: Slot { value: None, timestamp: -1 },
            formats: PhantomData,
        }
    }

    /// Largest start of a window seen.
    pub fn observed(&self) -> i64 {
        self.expiry.observed()
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
        if self.expiry.is_expired(start) {
            return Ok(None);
        }
        let (hash, id) = (self.hash(key, start), self.expiry.segment(start));
        let segment = self.segments.iter().rposition(|s| s.id == id);
        let found = segment.and_then(|at| {
            let rows = &self.segments.get(at)?.rows;
            Some((at, rows.find(hash, |(k, t)| *t == start && k.borrow() == key)?))
        });
        let (segment, index) = match found {
            Some(found) => found,
            None if self.home.disk().is_some() && self.expiry.on_disk().contains(&id) => {
                self.locate(key, start)?
            }
            // Asking is no reason to make a segment.
            None => return Ok(None),
        };
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
        self.observe(start);
        if self.expiry.is_expired(start) {
            self.expired = Slot { value: None, timestamp: -1 };
            return Ok(&mut self.expired);
        }
        let (segment, index) = self.locate(key, start)?;
        match self.segments.get_mut(segment).and_then(|s| s.rows.get_mut(index)) {
            Some(slot) => Ok(slot),
            None => unreachable!("an entry that was just found or inserted"),
        }
    }

    /// Puts the value of a key in the window that starts at `start`, with the timestamp that the
    /// value has from now on. `false` if the window has expired: then nothing is put.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn put<Q>(&mut self, key: &Q, start: i64, value: V, timestamp: i64) -> Result<bool>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        self.observe(start);
        if self.expiry.is_expired(start) {
            return Ok(false);
        }
        *self.slot(key, start)? = Slot { value: Some(value), timestamp };
        Ok(true)
    }

    /// Deletes a key in the window that starts at `start`, and gives the value that it had.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn delete<Q>(&mut self, key: &Q, start: i64) -> Result<Option<V>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        if self.get(key, start)?.is_none() {
            return Ok(None);
        }
        Ok(self.slot(key, start)?.value.take())
    }

    /// Event time goes on: segments whose every row has expired are dropped.
    #[inline]
    fn observe(&mut self, start: i64) {
        if self.expiry.observe(start) {
            let first = self.expiry.first();
            while self.segments.front().is_some_and(|s| s.id < first) {
                self.segments.pop_front();
            }
        }
    }

    /// Position of the segment of `start` in memory, made if absent.
    #[inline]
    fn segment(&mut self, start: i64) -> usize {
        let id = self.expiry.segment(start);
        let at = self.segments.iter().rposition(|s| s.id <= id);
        match at {
            Some(at) if self.segments.get(at).is_some_and(|s| s.id == id) => at,
            _ => {
                let at = at.map_or(0, |at| at + 1);
                let rows = Cache::new(self.home.logs());
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
        let id = self.expiry.segment(start);
        let (slot, bytes) =
            self.home.load::<V, VF>(|out: &mut Vec<u8>| row_key::<Q, KF>(id, key, start, out))?;
        match self.segments.get_mut(segment) {
            Some(s) => Ok(s.rows.insert(hash, (key.to_owned(), start), slot, bytes)),
            None => unreachable!("the segment was just located"),
        }
    }

    fn scan(
        &mut self,
        keys: Keys,
        times: impl RangeBounds<i64>,
    ) -> Result<Scan<'_, Found<K, V, WindowSpan>>>
    where
        K: Clone,
        V: Clone,
    {
        for segment in &mut self.segments {
            segment.rows.put_in_order(|(key, start), out| written::<K, KF>(key, *start, out))?;
        }
        let (from, to) = span::live_times(&times, self.expiry.horizon());
        let store = &*self;
        Ok(Scan::new(keys, move |page| {
            let (first, last) = (store.expiry.segment(from), store.expiry.segment(to));
            for id in store.expiry.on_disk() {
                if from <= to && (first..=last).contains(&id) {
                    store.page_of_disk(page, id, (from, to))?;
                }
            }
            for segment in &store.segments {
                if from <= to && (first..=last).contains(&segment.id) {
                    page_of_memory(page, &segment.rows, (from, to))?;
                }
            }
            Ok(())
        }))
    }

    fn page_of_disk(
        &self,
        page: &mut Page<Found<K, V, WindowSpan>>,
        id: i64,
        (from, to): (i64, i64),
    ) -> Result<()> {
        let Some(disk) = self.home.disk() else { return Ok(()) };
        let memory = self.segments.iter().find(|s| s.id == id).map(|s| s.rows.order());
        page.disk(disk, &segment_key(id), &mut |key, bytes| {
            let parts = order::read_key(key).and_then(|(key, start)| Some((key, start_of(start)?)));
            let (found, start) = parts.ok_or_else(|| row::damaged(self.home.name))?;
            let in_memory = memory.is_some_and(|order| order.contains_key(key));
            if in_memory || !(from..=to).contains(&start) {
                return Ok(None);
            }
            let (value, timestamp) = row::decode::<V, VF>(bytes)?;
            let span = WindowSpan { start, number: 0 };
            Ok(Some(Found { key: KF::decode(&found)?, span, value, timestamp }))
        })
    }

    /// The windows of a key that start within `times`, ascending.
    ///
    /// # Errors
    /// If the key cannot be encoded; the scan's items, if the disk cannot be read.
    pub fn fetch<Q>(
        &mut self,
        key: &Q,
        times: impl RangeBounds<i64>,
    ) -> Result<Scan<'_, Found<K, V, WindowSpan>>>
    where
        Q: ?Sized,
        KF: Encode<Q>,
        K: Clone,
        V: Clone,
    {
        let (from, to) = span::live_times(&times, self.expiry.horizon());
        let mut keys = Keys { from: Vec::new(), to: None };
        written::<Q, KF>(key, from, &mut keys.from)?;
        let mut last = Vec::new();
        written::<Q, KF>(key, to, &mut last)?;
        // One more than the last.
        last.push(0);
        keys.to = Some(last);
        self.scan(keys, times)
    }

    /// The windows of a range of keys (of their encoding) that start within `times`, ordered by key,
    /// then start.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub fn fetch_range<Q>(
        &mut self,
        keys: impl RangeBounds<Q>,
        times: impl RangeBounds<i64>,
    ) -> Result<Scan<'_, Found<K, V, WindowSpan>>>
    where
        KF: Encode<Q>,
        K: Clone,
        V: Clone,
    {
        self.scan(Keys::written::<Q, KF>(&keys)?, times)
    }

    /// The windows of the keys whose encoding begins with these bytes.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub fn prefix(&mut self, prefix: &[u8]) -> Result<Scan<'_, Found<K, V, WindowSpan>>>
    where
        K: Clone,
        V: Clone,
    {
        self.scan(Keys::written_prefix(prefix), ..)
    }

    /// All windows that have not expired, ordered by key, then start.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub fn all(&mut self) -> Result<Scan<'_, Found<K, V, WindowSpan>>>
    where
        K: Clone,
        V: Clone,
    {
        self.scan(Keys::all(), ..)
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
        if let Some(disk) = self.home.disk() {
            disk.scan(FIRST_ROW, None, false, &mut |row_key, _| {
                let (key, start) = split_key(self.home.name, row_key)?;
                each(&key, start, 0);
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

fn page_of_memory<K: Clone, V: Clone>(
    page: &mut Page<Found<K, V, WindowSpan>>,
    rows: &Cache<(K, i64), V>,
    (from, to): (i64, i64),
) -> Result<()> {
    page.memory(rows.order(), false, &mut |encoded, index, source| {
        let Some(((key, start), slot)) = rows.peek(index) else { return Ok(true) };
        let (start, timestamp) = (*start, slot.timestamp);
        let Some(value) = slot.value.clone() else { return Ok(true) };
        if !(from..=to).contains(&start) {
            return Ok(true);
        }
        let span = WindowSpan { start, number: 0 };
        Ok(source.push(encoded, Found { key: key.clone(), span, value, timestamp }))
    })
}

/// A row's key on disk behind its segment.
fn written<Q: ?Sized, KF: Encode<Q>>(key: &Q, start: i64, out: &mut Vec<u8>) -> Result<()> {
    let mut bytes = Vec::new();
    KF::encode(key, &mut bytes)?;
    order::write_key(&bytes, out);
    out.extend_from_slice(&order::time_key(start));
    Ok(())
}

fn row_key<Q: ?Sized, KF: Encode<Q>>(
    segment: i64,
    key: &Q,
    start: i64,
    out: &mut Vec<u8>,
) -> Result<()> {
    out.extend_from_slice(&segment_key(segment));
    written::<Q, KF>(key, start, out)
}

/// Key and start of a row's key on disk.
fn split_key(store: &str, row_key: &[u8]) -> Result<(Vec<u8>, i64)> {
    let rest = row_key.get(SEGMENT_BYTES..).unwrap_or_default();
    let parts = order::read_key(rest).and_then(|(key, start)| Some((key, start_of(start)?)));
    parts.ok_or_else(|| row::damaged(store))
}

fn start_of(bytes: &[u8]) -> Option<i64> {
    bytes.try_into().ok().map(order::read_time)
}

impl<K, V, KF, VF> StateStore for WindowStore<K, V, KF, VF>
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
        self.segments.iter_mut().try_for_each(|segment| {
            home::log::<_, V, VF>(&mut segment.rows, output, topic, |(key, start), out| {
                KF::encode(key, out)?;
                WindowSpan { start: *start, number: 0 }.write_changelog(out);
                Ok(())
            })
        })
    }

    fn flush(&mut self, batch: &mut FlushBatch) -> Result<()> {
        if self.home.disk().is_none() {
            return Ok(());
        }
        self.expiry.flush(batch)?;
        let first = self.expiry.first();
        for Segment { id, rows } in self.segments.iter_mut().filter(|s| s.id >= first) {
            let before = batch.len();
            home::flush::<_, V, VF>(rows, batch, |(key, start), out| {
                row_key::<K, KF>(*id, key, *start, out)
            })?;
            if batch.len() > before {
                self.expiry.wrote(*id);
            }
        }
        Ok(())
    }

    fn flushed(&mut self) {
        if self.home.disk().is_some() {
            self.expiry.flushed();
            self.segments.iter_mut().for_each(|segment| segment.rows.flushed());
        }
    }

    fn restore(&mut self, record: &RecordRef<'_>, batch: &mut FlushBatch) -> Result<()> {
        let Some(bytes) = record.key else { return Ok(()) };
        let (bytes, WindowSpan { start, .. }) = span::split_changelog(bytes, self.home.name)?;
        self.observe(start);
        if self.expiry.is_expired(start) {
            return Ok(());
        }
        let key: K = KF::decode(bytes)?;
        let slot =
            Slot { value: record.value.map(VF::decode).transpose()?, timestamp: record.timestamp };
        if self.home.disk().is_some() {
            let id = self.expiry.segment(start);
            self.expiry.wrote(id);
            self.expiry.restored(batch)?;
            return row::restore(batch, record, |out: &mut Vec<u8>| {
                out.extend_from_slice(&segment_key(id));
                order::write_key(bytes, out);
                row::append(out, &order::time_key(start))
            });
        }
        let hash = self.hash(&key, start);
        let at = self.segment(start);
        if let Some(Segment { rows, .. }) = self.segments.get_mut(at) {
            let found = rows.find(hash, |(k, t)| *t == start && *k == key);
            rows.restore(found, hash, (key, start), slot);
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
        self.segments.iter().map(|s| s.rows.memory()).sum()
    }

    fn uncommitted(&self) -> usize {
        self.segments.iter().map(|s| s.rows.unlogged()).sum()
    }

    fn shrink(&mut self, target: usize) {
        if self.home.disk().is_none() {
            return;
        }
        let mut rest = self.memory();
        for segment in &mut self.segments {
            if rest <= target {
                break;
            }
            let own = segment.rows.memory();
            if segment.rows.shrink(own.saturating_sub(rest - target)) {
                self.home.evicted();
            }
            rest -= own - segment.rows.memory();
        }
    }

    fn rows(&self) -> Result<Vec<Row>> {
        let full = |key: &[u8], start: i64| {
            let mut full = key.to_vec();
            WindowSpan { start, number: 0 }.write_changelog(&mut full);
            full
        };
        row::listed(&mut |listing| {
            if let Some(disk) = self.home.disk() {
                disk.scan(FIRST_ROW, None, false, &mut |row_key, row| {
                    let (timestamp, value) = row::split(row)?;
                    let (key, start) = split_key(self.home.name, row_key)?;
                    if !self.expiry.is_expired(start) {
                        listing.insert(full(&key, start), value, timestamp);
                    }
                    Ok(true)
                })?;
            }
            for ((key, start), slot) in self.segments.iter().flat_map(|s| s.rows.iter()) {
                let mut encoded = Vec::new();
                KF::encode(key, &mut encoded)?;
                let live = slot.value.as_ref().filter(|_| !self.expiry.is_expired(*start));
                let value = row::value::<V, VF>(live);
                listing.overlay(full(&encoded, *start), value, slot.timestamp)?;
            }
            Ok(())
        })
    }
}
