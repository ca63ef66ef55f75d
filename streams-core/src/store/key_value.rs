//! The key-value store: the latest value of each key, with its timestamp.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;
use std::ops::RangeBounds;

use super::cache::{Cache, Slot};
use super::home::{self, Home};
use super::row::{self, Row};
use super::scan::{Found, Keys, Scan};
use super::{Backend, FlushBatch, StateStore};
use crate::format::{DecodeOwned, Encode};
use crate::output::TopicIndex;
use crate::{Output, RecordRef, Result};

/// A key-value store (Kafka Streams' `TimestampedKeyValueStore`), with keys written in the format
/// `KF` and values in `VF`.
pub struct KeyValueStore<K, V, KF, VF> {
    home: Home,
    cache: Cache<K, V>,
    hasher: foldhash::fast::FixedState,
    formats: PhantomData<fn() -> (KF, VF)>,
}

impl<K, V, KF, VF> KeyValueStore<K, V, KF, VF>
where
    K: Hash + Eq,
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    /// An empty store in memory.
    pub fn new(name: &'static str, changelog: Option<TopicIndex>) -> Self {
        Self {
            home: Home::new(name, changelog),
            cache: Cache::new(changelog.is_some()),
            hasher: foldhash::fast::FixedState::default(),
            formats: PhantomData,
        }
    }

    /// The value of `key` and its timestamp.
    ///
    /// # Errors
    /// If the disk cannot be read.
    #[inline]
    pub fn get<Q>(&mut self, key: &Q) -> Result<Option<(&V, i64)>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        let hash = self.hasher.hash_one(key);
        let index = match self.cache.find(hash, |k| k.borrow() == key) {
            Some(index) => index,
            None if self.home.is_complete() => return Ok(None),
            None => self.load(hash, key)?,
        };
        Ok(self.cache.get(index).and_then(|s| Some((s.value.as_ref()?, s.timestamp))))
    }

    /// The place of `key`, to change: what is put there is the key's value, `None` deletes it.
    ///
    /// # Errors
    /// If the disk cannot be read.
    #[inline]
    pub fn slot<Q>(&mut self, key: &Q) -> Result<&mut Slot<V>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        let hash = self.hasher.hash_one(key);
        let index = match self.cache.find(hash, |k| k.borrow() == key) {
            Some(index) => index,
            None => self.load(hash, key)?,
        };
        match self.cache.get_mut(index) {
            Some(slot) => Ok(slot),
            None => unreachable!("an entry that was just found or inserted"),
        }
    }

    /// Where the row of `key` is.
    #[inline]
    pub(super) fn find(&self, key: &K) -> Place {
        let hash = self.hasher.hash_one(key);
        match self.cache.find(hash, |k| k == key) {
            Some(index) => Place::Memory(index),
            None if self.home.is_complete() => Place::Nowhere,
            None => Place::Disk,
        }
    }

    /// Brings the row of `key` into memory; gives its place.
    pub(super) fn bring(&mut self, key: &K) -> Result<u32>
    where
        K: Clone,
    {
        let hash = self.hasher.hash_one(key);
        match self.cache.find(hash, |k| k == key) {
            Some(index) => Ok(index),
            None => self.load(hash, key),
        }
    }

    /// Sets the value of `key`, whatever it was.
    pub(super) fn set(&mut self, key: K, value: Option<V>, timestamp: i64) {
        let hash = self.hasher.hash_one(&key);
        let index = match self.cache.find(hash, |k| *k == key) {
            Some(index) => index,
            None => self.cache.insert(hash, key, Slot { value: None, timestamp: -1 }, None),
        };
        if let Some(slot) = self.cache.get_mut(index) {
            *slot = Slot { value, timestamp };
        }
    }

    /// Brings a key that is not in memory there, with what the disk has of it.
    #[cold]
    fn load<Q>(&mut self, hash: u64, key: &Q) -> Result<u32>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        KF: Encode<Q>,
    {
        let (slot, bytes) = self.home.load::<V, VF>(|out: &mut Vec<u8>| KF::encode(key, out))?;
        Ok(self.cache.insert(hash, key.to_owned(), slot, bytes))
    }

    /// Puts the value of a key, with the timestamp that the value has from now on, in milliseconds
    /// since the Unix epoch; gives the value that was there.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn put<Q>(&mut self, key: &Q, value: V, timestamp: i64) -> Result<Option<V>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        let slot = self.slot(key)?;
        slot.timestamp = timestamp;
        Ok(slot.value.replace(value))
    }

    /// Puts the value of a key that has none; gives a copy of the value that is there.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn put_if_absent<Q>(&mut self, key: &Q, value: V, timestamp: i64) -> Result<Option<V>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
        V: Clone,
    {
        match self.get(key)? {
            Some((there, _)) => Ok(Some(there.clone())),
            None => self.put(key, value, timestamp),
        }
    }

    /// Deletes a key, and gives the value that it had.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn delete<Q>(&mut self, key: &Q) -> Result<Option<V>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        if self.get(key)?.is_none() {
            return Ok(None);
        }
        Ok(self.slot(key)?.value.take())
    }

    fn scan(&mut self, keys: Keys) -> Result<Scan<'_, Found<K, V>>>
    where
        K: Clone,
        V: Clone,
    {
        self.cache.put_in_order(|key, out| KF::encode(key, out))?;
        let (home, cache) = (&self.home, &self.cache);
        Ok(Scan::new(keys, move |page| {
            if let Some(disk) = home.disk() {
                page.disk(disk, &[], &mut |key, bytes| {
                    if cache.order().contains_key(key) {
                        return Ok(None);
                    }
                    let (value, timestamp) = row::decode::<V, VF>(bytes)?;
                    Ok(Some(Found { key: KF::decode(key)?, span: (), value, timestamp }))
                })?;
            }
            page.memory(cache.order(), false, &mut |encoded, index, source| {
                let Some((key, slot)) = cache.peek(index) else { return Ok(true) };
                let Some(value) = slot.value.clone() else { return Ok(true) };
                let timestamp = slot.timestamp;
                let row = Found { key: key.clone(), span: (), value, timestamp };
                Ok(source.push(encoded, row))
            })
        }))
    }

    /// All rows, in the order of their encoded keys.
    ///
    /// # Errors
    /// If a key cannot be encoded; the scan's items, if the disk cannot be read.
    pub fn all(&mut self) -> Result<Scan<'_, Found<K, V>>>
    where
        K: Clone,
        V: Clone,
    {
        self.scan(Keys::all())
    }

    /// The rows of a range of keys, which is one of their encoding: `range("a".."c")`,
    /// `range(&first..=&last)`.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub fn range<Q>(&mut self, keys: impl RangeBounds<Q>) -> Result<Scan<'_, Found<K, V>>>
    where
        KF: Encode<Q>,
        K: Clone,
        V: Clone,
    {
        self.scan(Keys::plain::<Q, KF>(&keys)?)
    }

    /// The rows whose encoded key begins with these bytes.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub fn prefix(&mut self, prefix: &[u8]) -> Result<Scan<'_, Found<K, V>>>
    where
        K: Clone,
        V: Clone,
    {
        self.scan(Keys::plain_prefix(prefix))
    }
}

impl<K, V, KF, VF> KeyValueStore<K, V, KF, VF> {
    /// The value at a place in memory.
    #[inline]
    pub(super) fn at(&self, place: u32) -> Option<&V> {
        self.cache.peek(place)?.1.value.as_ref()
    }
}

/// Where a row is.
pub(super) enum Place {
    /// At this place in memory; the row may be known to be absent.
    Memory(u32),
    /// There is none.
    Nowhere,
    /// On disk, if anywhere.
    Disk,
}

impl<K, V, KF, VF> StateStore for KeyValueStore<K, V, KF, VF>
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
        self.home.open(backend)
    }

    fn log_changes(&mut self, partition: i32, output: &mut Output) -> Result<()> {
        match self.home.changelog(partition) {
            Some(topic) => home::log::<K, V, VF>(&mut self.cache, output, topic, KF::encode),
            None => Ok(()),
        }
    }

    fn flush(&mut self, batch: &mut FlushBatch) -> Result<()> {
        match self.home.disk() {
            Some(_) => home::flush::<K, V, VF>(&mut self.cache, batch, KF::encode),
            None => Ok(()),
        }
    }

    fn flushed(&mut self) {
        if self.home.disk().is_some() {
            self.cache.flushed();
        }
    }

    fn restore(&mut self, record: &RecordRef<'_>, batch: &mut FlushBatch) -> Result<()> {
        let Some(key) = record.key else { return Ok(()) };
        let (bytes, key): (_, K) = (key, KF::decode(key)?);
        let value = record.value.map(VF::decode).transpose()?;
        if self.home.disk().is_some() {
            return row::restore(batch, record, |out: &mut Vec<u8>| row::append(out, bytes));
        }
        let hash = self.hasher.hash_one(&key);
        let found = self.cache.find(hash, |k| *k == key);
        self.cache.restore(found, hash, key, Slot { value, timestamp: record.timestamp });
        Ok(())
    }

    fn restored(&mut self) -> Result<()> {
        self.home.restored()
    }

    fn memory(&self) -> usize {
        self.cache.memory()
    }

    fn uncommitted(&self) -> usize {
        self.cache.unlogged()
    }

    fn shrink(&mut self, target: usize) {
        if self.home.disk().is_some() && self.cache.shrink(target) {
            self.home.evicted();
        }
    }

    fn rows(&self) -> Result<Vec<Row>> {
        row::listed(&mut |listing| {
            listing.disk(self.home.disk())?;
            for (key, slot) in self.cache.iter() {
                let mut encoded = Vec::new();
                KF::encode(key, &mut encoded)?;
                let value = row::value::<V, VF>(slot.value.as_ref());
                listing.overlay(encoded, value, slot.timestamp)?;
            }
            Ok(())
        })
    }
}
