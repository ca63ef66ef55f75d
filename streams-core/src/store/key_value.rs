//! The key-value store: the latest value of each key, with its timestamp.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;

use super::cache::{Cache, Slot};
use super::{Backend, FlushBatch, Row, StateStore, append, split_row};
use crate::format::{DecodeOwned, Encode};
use crate::output::TopicIndex;
use crate::{Headers, Output, RecordRef, Result};

/// A key-value store (Kafka Streams' `TimestampedKeyValueStore`), with keys written in the format
/// `KF` and values in `VF`.
pub struct KeyValueStore<K, V, KF, VF> {
    name: &'static str,
    changelog: Option<TopicIndex>,
    cache: Cache<K, V>,
    hasher: foldhash::fast::FixedState,
    backend: Option<Box<dyn Backend>>,
    /// True while every key that exists is in memory: a miss is then an answer.
    complete: bool,
    scratch: Vec<u8>,
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
            name,
            changelog,
            cache: Cache::new(changelog.is_some(), false),
            hasher: foldhash::fast::FixedState::default(),
            backend: None,
            complete: true,
            scratch: Vec::new(),
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
            None if self.complete => return Ok(None),
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
            None if self.complete => Place::Nowhere,
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
    pub(super) fn put(&mut self, key: K, value: Option<V>, timestamp: i64) {
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
        let mut slot = Slot { value: None, timestamp: -1 };
        let mut bytes = None;
        if !self.complete
            && let Some(backend) = &self.backend
        {
            self.scratch.clear();
            KF::encode(key, &mut self.scratch)?;
            backend.get(&self.scratch, &mut |row| {
                let (timestamp, value) = split_row(row)?;
                slot = Slot { value: Some(VF::decode(value)?), timestamp };
                bytes = Some(row.len());
                Ok(())
            })?;
        }
        let bytes = bytes.map(|b| b + self.scratch.len());
        Ok(self.cache.insert(hash, key.to_owned(), slot, bytes))
    }
}

impl<K, V, KF, VF> KeyValueStore<K, V, KF, VF> {
    /// The value at a place in memory.
    #[inline]
    pub(super) fn at(&self, place: u32) -> Option<&V> {
        self.cache.peek(place)?.value.as_ref()
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
        self.name
    }

    fn open(&mut self, backend: Box<dyn Backend>) -> Result<()> {
        self.complete = backend.is_empty()?;
        self.backend = Some(backend);
        self.cache.set_flushes();
        Ok(())
    }

    fn log_changes(&mut self, partition: i32, output: &mut Output) -> Result<()> {
        let Some(topic) = self.changelog else { return Ok(()) };
        self.cache.log(|key, slot| {
            output.write(
                topic,
                Some(partition),
                slot.timestamp.max(0),
                Headers::EMPTY,
                |out| KF::encode(key, out).map(|()| true),
                |out| match &slot.value {
                    Some(value) => VF::encode(value, out).map(|()| true),
                    None => Ok(false),
                },
            )
        })
    }

    fn flush(&mut self, batch: &mut FlushBatch) -> Result<()> {
        self.cache.flush(|key, slot| {
            let before = batch.bytes();
            match &slot.value {
                Some(value) => batch.put(
                    |out| KF::encode(key, out),
                    |out| {
                        out.extend_from_slice(&slot.timestamp.to_be_bytes());
                        VF::encode(value, out)
                    },
                )?,
                None => batch.delete(|out| KF::encode(key, out))?,
            }
            Ok(batch.bytes() - before)
        })
    }

    fn flushed(&mut self) {
        self.cache.flushed();
    }

    fn restore(&mut self, record: &RecordRef<'_>, batch: &mut FlushBatch) -> Result<()> {
        let Some(key) = record.key else { return Ok(()) };
        if self.backend.is_some() {
            return match record.value {
                Some(value) => batch.put(
                    |out| append(out, key),
                    |out| {
                        out.extend_from_slice(&record.timestamp.to_be_bytes());
                        append(out, value)
                    },
                ),
                None => batch.delete(|out| append(out, key)),
            };
        }
        let key: K = KF::decode(key)?;
        let value = record.value.map(VF::decode).transpose()?;
        let slot = Slot { value, timestamp: record.timestamp };
        let hash = self.hasher.hash_one(&key);
        match self.cache.find(hash, |k| *k == key) {
            Some(index) => {
                if let Some(place) = self.cache.get_clean(index) {
                    *place = slot;
                }
            }
            None => {
                let bytes = record.value.map(|v| v.len() + 8);
                self.cache.insert(hash, key, slot, bytes);
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
        let mut rows = BTreeMap::new();
        if let Some(backend) = &self.backend {
            backend.scan(&[], None, false, &mut |key, row| {
                let (timestamp, value) = split_row(row)?;
                rows.insert(key.to_vec(), (value.to_vec(), timestamp));
                Ok(true)
            })?;
        }
        for (key, slot) in self.cache.iter() {
            let mut encoded = Vec::new();
            KF::encode(key, &mut encoded)?;
            match &slot.value {
                None => {
                    rows.remove(&encoded);
                }
                Some(value) => {
                    let mut bytes = Vec::new();
                    VF::encode(value, &mut bytes)?;
                    rows.insert(encoded, (bytes, slot.timestamp));
                }
            }
        }
        Ok(rows
            .into_iter()
            .map(|(key, (value, timestamp))| Row { key, value, timestamp })
            .collect())
    }
}
