//! The versioned store: the values of a key over time, for as long as the history retention (Kafka
//! Streams' `VersionedKeyValueStore`, KIP-889).
//!
//! A version is valid from its timestamp until that of the next one; a deletion is a version without
//! a value. The latest version never expires; others do when their validity has ended before the largest
//! timestamp seen minus the retention. What is older than that is not put.
//!
//! The cache holds all versions of a key together. On disk each version is a row of its own, under the
//! key and its time: a put writes one row and reads none, and a key is read with one short scan. Rows
//! that have expired are deleted with the next change of their key, and by a sweep that goes round the
//! keys at the pace of the writes. In the changelog it is Kafka Streams' own: the plain key, the plain
//! value, and the timestamp of the record as that of the version.

mod history;
mod scan;
mod sweep;

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;
use std::ops::RangeBounds;

pub use history::{Placed, Version};
pub use scan::Validity;

use history::{History, Stored};
use sweep::Sweep;

use super::cache::{Cache, Slot};
use super::expiry::{Expiry, FIRST_ROW};
use super::home::Home;
use super::row::{self, Row, append};
use super::{Backend, FlushBatch, StateStore, order, span};
use crate::format::{DecodeOwned, Encode};
use crate::output::TopicIndex;
use crate::{Error, ErrorKind, Output, RecordRef, Result};

/// See the module. Keys are written in the format `KF`, values in `VF`.
pub struct VersionedStore<K, V, KF, VF> {
    home: Home,
    expiry: Expiry,
    cache: Cache<K, History<V>>,
    hasher: foldhash::fast::FixedState,
    forget: bool,
    sweep: Sweep,
    formats: PhantomData<fn() -> (KF, VF)>,
}

impl<K, V, KF, VF> VersionedStore<K, V, KF, VF>
where
    K: Hash + Eq,
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    /// An empty store in memory that keeps history for `retention_ms` of event time, at least 1.
    pub fn new(name: &'static str, changelog: Option<TopicIndex>, retention_ms: i64) -> Self {
        Self {
            home: Home::new(name, changelog),
            expiry: Expiry::new(retention_ms),
            cache: Cache::new(changelog.is_some()),
            hasher: foldhash::fast::FixedState::default(),
            forget: false,
            sweep: Sweep::default(),
            formats: PhantomData,
        }
    }

    /// With a fault of Kafka Streams: a deletion at the time of a key's only value is forgotten, so that
    /// an older record that comes later becomes the latest.
    pub fn as_kafka_streams(mut self) -> Self {
        self.forget = true;
        self
    }

    /// Lookups and puts before this time find and change nothing, but for the latest version.
    pub fn horizon(&self) -> i64 {
        self.expiry.horizon()
    }

    /// Puts a version of a key, valid from `timestamp` on; a deletion without a value.
    ///
    /// # Errors
    /// [`ErrorKind::Timestamp`] for a negative timestamp; if the disk cannot be read.
    pub fn put<Q>(&mut self, key: &Q, value: impl Into<Option<V>>, timestamp: i64) -> Result<Placed>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        if timestamp < 0 {
            let text = format!(
                "store `{}`: a version has a time of its own, and {timestamp} is none: it is \
                 milliseconds since the Unix epoch, 0 or more",
                self.home.name
            );
            return Err(Error::new(ErrorKind::Timestamp, text));
        }
        self.observe(timestamp);
        let horizon = self.horizon();
        if timestamp < horizon {
            return Ok(Placed::Expired);
        }
        let (index, forget) = (self.locate(key)?, self.forget);
        match self.cache.get_mut(index).and_then(|slot| slot.value.as_mut()) {
            Some(history) => {
                let placed = history.put(timestamp, value.into(), forget);
                history.expire(horizon);
                Ok(placed)
            }
            None => unreachable!("an entry that was just found or inserted, which has a history"),
        }
    }

    /// The latest value of a key, and the time that it is valid from.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn get<Q>(&mut self, key: &Q) -> Result<Option<(&V, i64)>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        let history = self.history_of(key)?;
        Ok(history.and_then(History::latest).map(|version| (version.value, version.from)))
    }

    /// A copy of the latest value of a key with its time, to make the next one of.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn latest<Q>(&mut self, key: &Q) -> Result<Slot<V>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
        V: Clone,
    {
        Ok(match self.get(key)? {
            Some((value, timestamp)) => Slot { value: Some(value.clone()), timestamp },
            None => Slot { value: None, timestamp: -1 },
        })
    }

    /// The value of a key that is valid at `time`, and the time that it is valid from. Of a time before
    /// the retention only the latest version is known.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn as_of<Q>(&mut self, key: &Q, time: i64) -> Result<Option<(&V, i64)>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        let known = time >= self.horizon();
        let history = self.history_of(key)?;
        let version = history.and_then(|history| history.as_of(time));
        let version = version.filter(|version| known || version.to.is_none());
        Ok(version.map(|version| (version.value, version.from)))
    }

    /// The versions of a key that are valid at some time within `times`, ascending, as far back as the
    /// retention goes.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn history<Q>(
        &mut self,
        key: &Q,
        times: impl RangeBounds<i64>,
    ) -> Result<impl DoubleEndedIterator<Item = Version<'_, V>>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        let horizon = self.horizon();
        let (from, to) = span::live_times(&times, i64::MIN);
        let history = self.history_of(key)?;
        Ok(history.into_iter().flat_map(History::versions).filter(move |version| {
            let known = version.to.is_none_or(|end| end > horizon);
            known && from <= to && version.from <= to && version.to.is_none_or(|end| end > from)
        }))
    }

    /// Event time goes on.
    fn observe(&mut self, time: i64) {
        if self.expiry.observe(time) && self.home.disk().is_none() {
            let horizon = self.horizon();
            // Keys that are never touched again would keep their history for ever.
            self.cache.retain(true, |history| history.expire(horizon));
        }
    }

    fn history_of<Q>(&mut self, key: &Q) -> Result<Option<&History<V>>>
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
        Ok(self.cache.get(index).and_then(|slot| slot.value.as_ref()))
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
        let mut history = History::default();
        let mut bytes = None;
        let name = self.home.name;
        if let Some((disk, buffer)) = self.home.beyond_memory() {
            KF::encode(key, buffer)?;
            let mut from = Vec::new();
            order::write_key(buffer, &mut from);
            let mut read = 0;
            disk.scan(&from, order::after(&from).as_deref(), false, &mut |row_key, row| {
                let time = row_key.get(from.len()..).and_then(time_of);
                let time = time.ok_or_else(|| row::damaged(name))?;
                history.load(time, stored::<V, VF>(name, row)?);
                read += row_key.len() + row.len();
                Ok(true)
            })?;
            bytes = Some(read);
        }
        let slot = Slot { value: Some(history), timestamp: -1 };
        Ok(self.cache.insert(hash, key.to_owned(), slot, bytes))
    }
}

/// First byte of a row on disk, beside the value.
const HAS_VALUE: u8 = 1;
const REMEMBERED: u8 = 2;

fn time_of(bytes: &[u8]) -> Option<i64> {
    bytes.try_into().ok().map(order::read_time)
}

/// The row's own bytes: the value, `None` for a deletion.
fn split<'r>(store: &str, row: &'r [u8]) -> Result<(Option<&'r [u8]>, bool)> {
    let (flags, value) = row.split_first().ok_or_else(|| row::damaged(store))?;
    Ok(((flags & HAS_VALUE != 0).then_some(value), flags & REMEMBERED != 0))
}

fn stored<V, VF: DecodeOwned<V>>(store: &str, row: &[u8]) -> Result<Stored<V>> {
    let (value, remembered) = split(store, row)?;
    Ok(Stored { value: value.map(VF::decode).transpose()?, remembered })
}

/// Key and time of a row on disk.
fn split_key<'k>(store: &str, row_key: &'k [u8]) -> Result<(&'k [u8], i64)> {
    let parts = order::key_length(row_key).and_then(|at| row_key.split_at_checked(at));
    parts.and_then(|(key, time)| Some((key, time_of(time)?))).ok_or_else(|| row::damaged(store))
}

fn row_key(written: &[u8], time: i64, out: &mut Vec<u8>) -> Result<()> {
    out.extend_from_slice(written);
    append(out, &order::time_key(time))
}

/// Writes a version to the disk; `written` is the key as rows have it.
fn write_row(
    batch: &mut FlushBatch,
    written: &[u8],
    time: i64,
    remembered: bool,
    value: Option<impl row::Write>,
) -> Result<()> {
    let flags = u8::from(value.is_some()) * HAS_VALUE + u8::from(remembered) * REMEMBERED;
    batch.put(
        |out| row_key(written, time, out),
        |out| {
            out.push(flags);
            value.map_or(Ok(()), |value| value(out))
        },
    )
}

fn written<K, KF: Encode<K>>(key: &K, out: &mut Vec<u8>) -> Result<()> {
    let mut bytes = Vec::new();
    KF::encode(key, &mut bytes)?;
    order::write_key(&bytes, out);
    Ok(())
}

/// A record owed to the changelog, and its place among the others.
struct Owed {
    at: i64,
    from: i64,
    key: Vec<u8>,
    value: Option<Vec<u8>>,
}

fn encoded<V, VF: Encode<V>>(value: Option<&V>) -> Result<Option<Vec<u8>>> {
    let Some(value) = value else { return Ok(None) };
    let mut bytes = Vec::new();
    VF::encode(value, &mut bytes).map(|()| Some(bytes))
}

impl<K, V, KF, VF> StateStore for VersionedStore<K, V, KF, VF>
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
        // In the order of their times: whoever restores them takes none for too old.
        let mut owed: Vec<Owed> = Vec::new();
        self.cache.log(|key, slot| {
            let Some(history) = &mut slot.value else { return Ok(()) };
            let mut key_bytes = Vec::new();
            KF::encode(key, &mut key_bytes)?;
            history.log(
                &mut owed,
                |owed, from| {
                    owed.push(Owed { at: i64::MIN, from, key: key_bytes.clone(), value: None });
                    Ok(())
                },
                |owed, from, value| {
                    let value = encoded::<V, VF>(value)?;
                    owed.push(Owed { at: from, from, key: key_bytes.clone(), value });
                    Ok(())
                },
            )
        })?;
        owed.sort_by_key(|owed| owed.at);
        owed.iter().try_for_each(|Owed { from, key, value, .. }| {
            let value = value.as_ref().map(|value| |out: &mut Vec<u8>| append(out, value));
            row::log(output, topic, *from, |out: &mut Vec<u8>| append(out, key), value)
        })
    }

    fn flush(&mut self, batch: &mut FlushBatch) -> Result<()> {
        let Some(disk) = self.home.disk() else { return Ok(()) };
        let horizon = self.expiry.horizon();
        // First, so that what is put now stays.
        self.sweep.go(self.home.name, disk, horizon, batch)?;
        let before = batch.len();
        let mut key_bytes = Vec::new();
        self.cache.flush(|key, slot| {
            let Some(history) = &mut slot.value else { return Ok(0) };
            key_bytes.clear();
            written::<K, KF>(key, &mut key_bytes)?;
            history.expire(horizon);
            history.flush(
                batch,
                |batch, from| batch.delete(|out| row_key(&key_bytes, from, out)),
                |batch, from, value, remembered| {
                    let value = row::value::<V, VF>(value);
                    write_row(batch, &key_bytes, from, remembered, value)
                },
            )?;
            Ok(key_bytes.len() + history.len() * (size_of::<V>() + 48))
        })?;
        self.sweep.wrote(batch.len() - before);
        self.expiry.flush(batch)
    }

    fn flushed(&mut self) {
        if self.home.disk().is_some() {
            self.cache.flushed();
        }
    }

    fn restore(&mut self, record: &RecordRef<'_>, batch: &mut FlushBatch) -> Result<()> {
        let Some(bytes) = record.key else { return Ok(()) };
        let key: K = KF::decode(bytes)?;
        let value = record.value.map(VF::decode).transpose()?;
        // It was in time when it was put, and may be the latest of its key.
        self.observe(record.timestamp);
        if self.home.disk().is_some() {
            let mut key_bytes = Vec::new();
            order::write_key(bytes, &mut key_bytes);
            let value = record.value.map(|value| move |out: &mut Vec<u8>| append(out, value));
            write_row(batch, &key_bytes, record.timestamp, true, value)?;
            return self.expiry.restored(batch);
        }
        let hash = self.hasher.hash_one(&key);
        let index = match self.cache.find(hash, |k| *k == key) {
            Some(index) => index,
            None => {
                let slot = Slot { value: Some(History::default()), timestamp: -1 };
                self.cache.insert(hash, key, slot, None)
            }
        };
        let (forget, horizon) = (self.forget, self.horizon());
        if let Some(history) = self.cache.restored(index).and_then(|s| s.value.as_mut()) {
            history.put(record.timestamp, value, forget);
            history.restored();
            history.expire(horizon);
        }
        Ok(())
    }

    fn restored(&mut self) -> Result<()> {
        if let Some(disk) = self.home.disk() {
            self.expiry.read_time(disk)?;
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
        if self.home.disk().is_some() && self.cache.shrink(target) {
            self.home.evicted();
        }
    }

    fn rows(&self) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        for (key, history) in self.histories()? {
            rows.extend(history.versions().map(|version| row_of(&key, version)));
        }
        Ok(rows)
    }

    fn rows_as_of(&self, time: i64) -> Result<Vec<Row>> {
        let known = time >= self.expiry.horizon();
        let histories = self.histories()?;
        let rows = histories.iter().filter_map(|(key, history)| {
            let version = history.as_of(time).filter(|version| known || version.to.is_none());
            version.map(|version| row_of(key, version))
        });
        Ok(rows.collect())
    }
}

/// Keys with their versions, encoded.
type Histories = Vec<(Vec<u8>, History<Vec<u8>>)>;

fn row_of(key: &[u8], version: Version<'_, Vec<u8>>) -> Row {
    Row { key: key.to_vec(), value: version.value.clone(), timestamp: version.from }
}

impl<K, V, KF, VF> VersionedStore<K, V, KF, VF>
where
    KF: Encode<K>,
    VF: Encode<V>,
{
    /// All keys with their live versions, encoded.
    fn histories(&self) -> Result<Histories> {
        let name = self.home.name;
        let mut found: BTreeMap<Vec<u8>, History<Vec<u8>>> = BTreeMap::new();
        if let Some(disk) = self.home.disk() {
            disk.scan(FIRST_ROW, None, false, &mut |row_key, row| {
                let (key, time) = split_key(name, row_key)?;
                let (value, remembered) = split(name, row)?;
                let stored = Stored { value: value.map(<[u8]>::to_vec), remembered };
                found.entry(key.to_vec()).or_default().load(time, stored);
                Ok(true)
            })?;
        }
        for (key, slot) in self.cache.iter() {
            let mut key_bytes = Vec::new();
            written::<K, KF>(key, &mut key_bytes)?;
            let mut history = History::default();
            for (from, value) in slot.value.iter().flat_map(History::entries) {
                let value = encoded::<V, VF>(value)?;
                history.load(from, Stored { value, remembered: true });
            }
            found.insert(key_bytes, history);
        }
        let live = found.into_iter().map(|(key, mut history)| {
            let (key, _) = order::read_key(&key).ok_or_else(|| row::damaged(name))?;
            history.expire(self.expiry.horizon());
            Ok((key, history))
        });
        live.collect()
    }
}
