//! Scans of a store by span.

use std::hash::Hash;
use std::ops::{Bound, RangeBounds};

use super::{Rows, SessionSpan, Span, SpanStore};
use crate::Result;
use crate::format::{DecodeOwned, Encode};
use crate::store::expiry::segment_key;
use crate::store::scan::{Found, Keys, Page, Scan};
use crate::store::{order, row};

/// The times of a range that have not expired, both ends included; empty where the first is larger.
pub(in crate::store) fn live_times(times: &impl RangeBounds<i64>, horizon: i64) -> (i64, i64) {
    let nothing = (i64::MAX, i64::MIN);
    let from = match times.start_bound() {
        Bound::Included(from) => Some(*from),
        Bound::Excluded(from) => from.checked_add(1),
        Bound::Unbounded => Some(i64::MIN),
    };
    let to = match times.end_bound() {
        Bound::Included(to) => Some(*to),
        Bound::Excluded(to) => to.checked_sub(1),
        Bound::Unbounded => Some(i64::MAX),
    };
    match (from, to, horizon.checked_add(1)) {
        (Some(from), Some(to), Some(live)) => (from.max(live), to),
        _ => nothing,
    }
}

impl<T: Span, K, V, KF, VF> SpanStore<T, K, V, KF, VF>
where
    K: Hash + Eq + Clone,
    V: Clone,
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    /// Rows of these keys whose time lies within `times` and whose span `keep` wants.
    fn scan<'s>(
        &'s mut self,
        keys: Keys,
        times: impl RangeBounds<i64>,
        keep: impl Fn(T) -> bool + 's,
    ) -> Result<Scan<'s, Found<K, V, T>>> {
        self.cache.put_in_order(|key, out| {
            let mut bytes = Vec::new();
            KF::encode(key, &mut bytes)?;
            order::write_key(&bytes, out);
            Ok::<_, crate::Error>(())
        })?;
        let (from, to) = live_times(&times, self.horizon());
        let store = &*self;
        Ok(Scan::new(keys, move |page| {
            if from > to {
                return Ok(());
            }
            let wanted = |span: T| (from..=to).contains(&span.time()) && keep(span);
            let segments = store.expiry.segment(from)..=store.expiry.segment(to);
            for id in store.expiry.on_disk().filter(|id| segments.contains(id)) {
                store.page_of_disk(page, id, &wanted)?;
            }
            store.page_of_memory(page, &wanted)
        }))
    }

    fn page_of_disk(
        &self,
        page: &mut Page<Found<K, V, T>>,
        segment: i64,
        wanted: &dyn Fn(T) -> bool,
    ) -> Result<()> {
        let Some(disk) = self.home.disk() else { return Ok(()) };
        let memory = self.cache.order();
        page.disk(disk, &segment_key(segment), &mut |key, bytes| {
            let written = order::key_length(key).and_then(|length| key.get(..length));
            if written.is_some_and(|written| memory.contains_key(written)) {
                return Ok(None);
            }
            let parts = order::read_key(key).and_then(|(key, span)| Some((key, T::read(span)?)));
            let (key, span) = parts.ok_or_else(|| row::damaged(self.home.name))?;
            if !wanted(span) {
                return Ok(None);
            }
            let (value, timestamp) = row::decode::<V, VF>(bytes)?;
            Ok(Some(Found { key: KF::decode(&key)?, span, value, timestamp }))
        })
    }

    fn page_of_memory(
        &self,
        page: &mut Page<Found<K, V, T>>,
        wanted: &dyn Fn(T) -> bool,
    ) -> Result<()> {
        page.memory(self.cache.order(), true, &mut |encoded, index, source| {
            let Some((key, slot)) = self.cache.peek(index) else { return Ok(true) };
            let rows = slot.value.iter().flat_map(Rows::all).filter(|(span, ..)| wanted(*span));
            let mut rows: Vec<_> =
                rows.filter_map(|(span, value, at)| Some((span, value?, at))).collect();
            if source.is_reverse() {
                rows.reverse();
            }
            for (span, value, timestamp) in rows {
                let mut row_key = encoded.to_vec();
                span.write(&mut row_key);
                if !source.wants(&row_key) {
                    continue;
                }
                let row = Found { key: key.clone(), span, value: value.clone(), timestamp };
                if !source.push(&row_key, row) {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }

    /// The rows of a key whose time lies within `times`, in the order of their spans. The time of a
    /// window is its start, that of a session its end.
    ///
    /// # Errors
    /// If the key cannot be encoded; the scan's items, if the disk cannot be read.
    pub fn fetch<Q>(
        &mut self,
        key: &Q,
        times: impl RangeBounds<i64>,
    ) -> Result<Scan<'_, Found<K, V, T>>>
    where
        Q: ?Sized,
        KF: Encode<Q>,
    {
        self.scan(Keys::of::<Q, KF>(key)?, times, |_| true)
    }

    /// As [`fetch`](Self::fetch), for a range of keys (of their encoding): ordered by key, then span.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub fn fetch_range<Q>(
        &mut self,
        keys: impl RangeBounds<Q>,
        times: impl RangeBounds<i64>,
    ) -> Result<Scan<'_, Found<K, V, T>>>
    where
        KF: Encode<Q>,
    {
        self.scan(Keys::written::<Q, KF>(&keys)?, times, |_| true)
    }

    /// The rows of the keys whose encoding begins with these bytes.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub fn prefix(&mut self, prefix: &[u8]) -> Result<Scan<'_, Found<K, V, T>>> {
        self.scan(Keys::written_prefix(prefix), .., |_| true)
    }

    /// All rows that have not expired, ordered by key, then span.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub fn all(&mut self) -> Result<Scan<'_, Found<K, V, T>>> {
        self.scan(Keys::all(), .., |_| true)
    }
}

impl<K, V, KF, VF> SpanStore<SessionSpan, K, V, KF, VF>
where
    K: Hash + Eq + Clone,
    V: Clone,
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    /// The sessions of a key that end at `earliest_end` or later and start at `latest_start` or
    /// before (Kafka Streams' `findSessions`): those that touch a time range, where it is given as
    /// both. In the order of their ends.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub fn find_sessions<Q>(
        &mut self,
        key: &Q,
        earliest_end: i64,
        latest_start: i64,
    ) -> Result<Scan<'_, Found<K, V, SessionSpan>>>
    where
        Q: ?Sized,
        KF: Encode<Q>,
    {
        let keys = Keys::of::<Q, KF>(key)?;
        self.scan(keys, earliest_end.., move |span: SessionSpan| span.start <= latest_start)
    }

    /// As [`find_sessions`](Self::find_sessions), for a range of keys.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub fn find_sessions_range<Q>(
        &mut self,
        keys: impl RangeBounds<Q>,
        earliest_end: i64,
        latest_start: i64,
    ) -> Result<Scan<'_, Found<K, V, SessionSpan>>>
    where
        KF: Encode<Q>,
    {
        let keys = Keys::written::<Q, KF>(&keys)?;
        self.scan(keys, earliest_end.., move |span: SessionSpan| span.start <= latest_start)
    }
}
