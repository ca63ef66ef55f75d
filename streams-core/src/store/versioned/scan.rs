//! Scans of a versioned store: one version of each key.

use std::hash::Hash;
use std::ops::RangeBounds;

use super::history::{History, Version};
use super::{VersionedStore, split_key, stored, written};
use crate::Result;
use crate::format::{DecodeOwned, Encode};
use crate::store::expiry::FIRST_ROW;
use crate::store::order;
use crate::store::scan::{Found, Keys, Page, Scan, Source};

/// When a version is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// From this time on: its timestamp, in milliseconds since the Unix epoch.
    pub from: i64,
    /// Until the next version, which is not of it any more; `None` for the latest.
    pub to: Option<i64>,
}

type Row<K, V> = Found<K, V, Validity>;

/// Which version of a key is wanted.
#[derive(Clone, Copy)]
struct Wanted {
    /// The one that is valid then; the latest without.
    time: Option<i64>,
    /// Of a time that has expired only the latest version is known.
    latest_only: bool,
}

impl Wanted {
    fn of<V>(self, history: &History<V>) -> Option<Version<'_, V>> {
        let Some(time) = self.time else { return history.latest() };
        history.as_of(time).filter(|version| !self.latest_only || version.to.is_none())
    }

    /// Gives a key's version on, under a place in the order behind (or before) all of the key's rows:
    /// the next page starts there. `false` if no more is wanted.
    fn give<K, V: Clone>(
        self,
        source: &mut Source<'_, Row<K, V>>,
        key_bytes: &[u8],
        history: &History<V>,
        key: impl FnOnce() -> Result<K>,
    ) -> Result<bool> {
        let Some(version) = self.of(history) else { return Ok(true) };
        let mut place = key_bytes.to_vec();
        if !source.is_reverse() {
            place.extend_from_slice(&[u8::MAX; 8]);
        }
        if !source.wants(&place) {
            return Ok(true);
        }
        let Version { from, to, value } = version;
        let span = Validity { from, to };
        Ok(source.push(&place, Found { key: key()?, span, value: value.clone(), timestamp: from }))
    }
}

impl<K, V, KF, VF> VersionedStore<K, V, KF, VF>
where
    K: Hash + Eq + Clone,
    V: Clone,
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    fn scan(&mut self, keys: Keys, time: Option<i64>) -> Result<Scan<'_, Row<K, V>>> {
        self.cache.put_in_order(|key, out| written::<K, KF>(key, out))?;
        let latest_only = time.is_some_and(|time| time < self.horizon());
        let wanted = Wanted { time, latest_only };
        let store = &*self;
        Ok(Scan::new(keys, move |page| {
            store.page_of_disk(page, wanted)?;
            page.memory(store.cache.order(), true, &mut |key_bytes, index, source| {
                let Some((key, slot)) = store.cache.peek(index) else { return Ok(true) };
                let Some(history) = &slot.value else { return Ok(true) };
                wanted.give(source, key_bytes, history, || Ok(key.clone()))
            })
        }))
    }

    fn page_of_disk(&self, page: &mut Page<Row<K, V>>, wanted: Wanted) -> Result<()> {
        let (Some(disk), name) = (self.home.disk(), self.home.name) else { return Ok(()) };
        let memory = self.cache.order();
        let keys = page.keys().clone();
        let from = keys.from.as_slice().max(FIRST_ROW);
        let mut source = page.source();
        let reverse = source.is_reverse();
        // The key that is being read, and its versions.
        let mut key: Vec<u8> = Vec::new();
        let mut history = History::default();
        let mut give = |key: &[u8], history: &History<V>| {
            let decode = || {
                let bytes = order::read_key(key).map(|(key, _)| key).unwrap_or_default();
                KF::decode(&bytes)
            };
            wanted.give(&mut source, key, history, decode)
        };
        let mut more = true;
        disk.scan(from, keys.to.as_deref(), reverse, &mut |row_key, row| {
            let (of, time) = split_key(name, row_key)?;
            if of != key {
                more = give(&key, &history)?;
                if !more {
                    return Ok(false);
                }
                key = of.to_vec();
                history = History::default();
            }
            if !memory.contains_key(of) {
                history.load(time, stored::<V, VF>(name, row)?);
            }
            Ok(true)
        })?;
        if more {
            give(&key, &history)?;
        }
        Ok(())
    }

    /// The latest versions of all keys, in the order of their encoding.
    ///
    /// # Errors
    /// If a key cannot be encoded; the scan's items, if the disk cannot be read.
    pub fn all(&mut self) -> Result<Scan<'_, Row<K, V>>> {
        self.scan(Keys::all(), None)
    }

    /// The latest versions of a range of keys (of their encoding).
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub fn range<Q>(&mut self, keys: impl RangeBounds<Q>) -> Result<Scan<'_, Row<K, V>>>
    where
        KF: Encode<Q>,
    {
        self.scan(Keys::written::<Q, KF>(&keys)?, None)
    }

    /// The versions of a range of keys that are valid at `time`, as [`as_of`](Self::as_of) finds them.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub fn range_as_of<Q>(
        &mut self,
        keys: impl RangeBounds<Q>,
        time: i64,
    ) -> Result<Scan<'_, Row<K, V>>>
    where
        KF: Encode<Q>,
    {
        self.scan(Keys::written::<Q, KF>(&keys)?, Some(time))
    }

    /// The versions of all keys that are valid at `time`.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub fn all_as_of(&mut self, time: i64) -> Result<Scan<'_, Row<K, V>>> {
        self.scan(Keys::all(), Some(time))
    }

    /// The latest versions of the keys whose encoding begins with these bytes.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub fn prefix(&mut self, prefix: &[u8]) -> Result<Scan<'_, Row<K, V>>> {
        self.scan(Keys::written_prefix(prefix), None)
    }
}
