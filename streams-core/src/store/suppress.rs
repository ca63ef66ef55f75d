//! The buffer of `suppress`: the latest update of each key, in the order of the times at which they
//! are due.
//!
//! All are in memory: there are only those that wait. In the changelog a row's key is the table's key
//! and its value is Kafka Streams' (`InMemoryTimeOrderedKeyValueChangeBuffer`, version 3): the context
//! of the record that made the update (timestamp, offset, topic, partition, headers), what was given on
//! before, what the key had before, what it has, the time. Header `v` = 3 says so. On disk it is the same.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;

use super::resident::Resident;
use super::{Backend, FlushBatch, Row, StateStore};
use crate::format::{DecodeOwned, Encode};
use crate::output::TopicIndex;
use crate::{Error, ErrorKind, HeaderBuf, Output, RecordRef, Result};

/// An update that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed<K, V> {
    /// Its key.
    pub key: K,
    /// What the key has now; `None` for a deletion.
    pub value: Option<V>,
    /// What it had before the first update that waited: what was given on of it last.
    pub prior: Option<V>,
    /// What it had before the last update, if several waited.
    pub replaced: Option<Option<V>>,
    /// Timestamp of the update.
    pub timestamp: i64,
    /// Where the record came from that made it.
    pub origin: Origin,
}

/// The record that made an update.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Its topic.
    pub topic: Cow<'static, str>,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Its headers.
    pub headers: HeaderBuf,
}

struct Entry<K, V> {
    update: Suppressed<K, V>,
    bytes: usize,
}

/// By time, then key as it is written.
type Place = (i64, Vec<u8>);

/// See the module. Keys are written in the format `KF`, values in `VF`.
pub struct SuppressStore<K, V, KF, VF> {
    name: &'static str,
    entries: BTreeMap<Place, Entry<K, V>>,
    times: HashMap<Vec<u8>, i64, foldhash::fast::FixedState>,
    bytes: usize,
    resident: Resident,
    formats: PhantomData<fn() -> (KF, VF)>,
}

impl<K, V, KF, VF> SuppressStore<K, V, KF, VF>
where
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    /// An empty buffer.
    pub fn new(name: &'static str, changelog: Option<TopicIndex>) -> Self {
        Self {
            name,
            entries: BTreeMap::new(),
            times: HashMap::default(),
            bytes: 0,
            resident: Resident::new(changelog),
            formats: PhantomData,
        }
    }

    /// Keeps an update until `time`. One of a key that waits already takes that one's place and time.
    ///
    /// # Errors
    /// If the key or the value cannot be encoded.
    pub fn put(&mut self, time: i64, update: Suppressed<K, V>) -> Result<()> {
        let mut key = Vec::new();
        KF::encode(&update.key, &mut key)?;
        self.resident.touch(&key);
        self.keep(time, key, update)
    }

    fn keep(&mut self, time: i64, key: Vec<u8>, mut update: Suppressed<K, V>) -> Result<()> {
        let time = *self.times.entry(key.clone()).or_insert(time);
        let place = (time, key);
        if let Some(before) = self.entries.remove(&place) {
            self.bytes -= before.bytes;
            // What was given on stays what it was.
            update.replaced = Some(update.prior.take());
            update.prior = before.update.prior;
        }
        let bytes = Self::size(&place.1, &update)?;
        self.bytes += bytes;
        self.entries.insert(place, Entry { update, bytes });
        Ok(())
    }

    /// Kafka Streams' count of bytes: key, values, and what the context takes.
    fn size(key: &[u8], update: &Suppressed<K, V>) -> Result<usize> {
        let prior = encoded::<V, VF>(update.prior.as_ref())?;
        let replaced = encoded::<V, VF>(update.replaced.as_ref().and_then(Option::as_ref))?;
        let value = encoded::<V, VF>(update.value.as_ref())?;
        let replaced = replaced.filter(|replaced| Some(replaced) != prior.as_ref());
        let values: usize = [prior, replaced, value].iter().flatten().map(Vec::len).sum();
        let header =
            |(name, value): (&str, Option<&[u8]>)| name.len() + value.map_or(0, <[u8]>::len);
        let headers: usize = update.origin.headers.as_headers().iter().map(header).sum();
        Ok(CONTEXT_BYTES + key.len() + values + update.origin.topic.len() + headers)
    }

    /// Number of updates that wait.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if none waits.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of what waits, as Kafka Streams counts them.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes out the update that is due first, if that is not after `until`.
    pub fn due(&mut self, until: i64) -> Option<Suppressed<K, V>> {
        let ((time, _), _) = self.entries.first_key_value()?;
        if *time > until {
            return None;
        }
        let ((_, key), entry) = self.entries.pop_first()?;
        self.bytes -= entry.bytes;
        self.times.remove(&key);
        self.resident.touch(&key);
        Some(entry.update)
    }

    /// As [`due`](Self::due), whatever its time, if there are more than so many or they take more bytes.
    pub fn overflow(&mut self, most: usize, most_bytes: usize) -> Option<Suppressed<K, V>> {
        if !self.is_over(most, most_bytes) {
            return None;
        }
        self.due(i64::MAX)
    }

    /// True if there are more than so many or they take more bytes.
    pub fn is_over(&self, most: usize, most_bytes: usize) -> bool {
        self.entries.len() > most || self.bytes > most_bytes
    }

    /// The error of a full buffer that shuts down.
    #[cold]
    pub fn full(&self, most: usize, most_bytes: usize) -> Error {
        let limit = |most: usize| match most {
            usize::MAX => "no limit".to_owned(),
            most => format!("at most {most}"),
        };
        let text = format!(
            "`suppress` has filled its buffer `{}`: {} updates wait ({}), of {} bytes ({}); give it more \
             (`max_records`, `max_bytes`), or let it give on early (`on_full = emit_early`)",
            self.name,
            self.len(),
            limit(most),
            self.bytes,
            limit(most_bytes)
        );
        Error::new(ErrorKind::Config, text)
    }

    fn read(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let Some((time, update)) = read_row::<K, V, KF, VF>(key, value)? else {
            let text = format!(
                "a row of {} bytes is not one of the buffer `{}` (version 3 of Kafka Streams' suppression \
                 buffers)",
                value.len(),
                self.name
            );
            return Err(Error::new(ErrorKind::Decode, text));
        };
        self.forget(key);
        let bytes = Self::size(key, &update)?;
        self.bytes += bytes;
        self.times.insert(key.to_vec(), time);
        self.entries.insert((time, key.to_vec()), Entry { update, bytes });
        Ok(())
    }

    fn forget(&mut self, key: &[u8]) {
        let Some((key, time)) = self.times.remove_entry(key) else { return };
        if let Some(entry) = self.entries.remove(&(time, key)) {
            self.bytes -= entry.bytes;
        }
    }
}

/// The time, and of the context the timestamp, offset and partition.
const CONTEXT_BYTES: usize = 8 + 8 + 8 + 4;

const NONE: i32 = -1;

/// The length of a value that is the one before it.
const SAME: i32 = -2;

fn write_bytes(bytes: Option<&[u8]>, out: &mut Vec<u8>) {
    out.extend_from_slice(&bytes.map_or(NONE, |b| b.len() as i32).to_be_bytes());
    out.extend_from_slice(bytes.unwrap_or_default());
}

fn write_row<K, V, VF: Encode<V>>(
    time: i64,
    update: &Suppressed<K, V>,
    out: &mut Vec<u8>,
) -> Result<()> {
    let Origin { topic, partition, offset, headers } = &update.origin;
    out.extend_from_slice(&update.timestamp.to_be_bytes());
    out.extend_from_slice(&offset.to_be_bytes());
    write_bytes(Some(topic.as_bytes()), out);
    out.extend_from_slice(&partition.to_be_bytes());
    let headers = headers.as_headers();
    out.extend_from_slice(&(headers.iter().count() as i32).to_be_bytes());
    for (name, value) in headers {
        write_bytes(Some(name.as_bytes()), out);
        write_bytes(value, out);
    }
    let prior = encoded::<V, VF>(update.prior.as_ref())?;
    write_bytes(prior.as_deref(), out);
    let replaced = match &update.replaced {
        Some(replaced) => encoded::<V, VF>(replaced.as_ref())?,
        None => prior.clone(),
    };
    if replaced.is_some() && replaced == prior {
        out.extend_from_slice(&SAME.to_be_bytes());
    } else {
        write_bytes(replaced.as_deref(), out);
    }
    write_bytes(encoded::<V, VF>(update.value.as_ref())?.as_deref(), out);
    out.extend_from_slice(&time.to_be_bytes());
    Ok(())
}

fn encoded<V, VF: Encode<V>>(value: Option<&V>) -> Result<Option<Vec<u8>>> {
    let Some(value) = value else { return Ok(None) };
    let mut bytes = Vec::new();
    VF::encode(value, &mut bytes)?;
    Ok(Some(bytes))
}

/// What is left of a row while it is read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (chunk, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*chunk)
    }

    fn i64(&mut self) -> Option<i64> {
        self.chunk().map(i64::from_be_bytes)
    }

    fn i32(&mut self) -> Option<i32> {
        self.chunk().map(i32::from_be_bytes)
    }

    /// Bytes of this length, or none.
    fn bytes(&mut self, length: i32) -> Option<Option<&'a [u8]>> {
        if length == NONE {
            return Some(None);
        }
        let (bytes, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(Some(bytes))
    }

    fn prefixed(&mut self) -> Option<Option<&'a [u8]>> {
        let length = self.i32()?;
        self.bytes(length)
    }

    fn origin(&mut self) -> Option<(i64, Origin)> {
        let (timestamp, offset) = (self.i64()?, self.i64()?);
        let topic = std::str::from_utf8(self.prefixed()??).ok()?;
        let partition = self.i32()?;
        let mut headers = HeaderBuf::new();
        for _ in 0..self.i32()?.max(0) {
            let name = std::str::from_utf8(self.prefixed()??).ok()?;
            headers.push(name, self.prefixed()?);
        }
        let topic = Cow::Owned(topic.to_owned());
        Some((timestamp, Origin { topic, partition, offset, headers }))
    }
}

/// Time and update of a row; `None` if it is not one.
fn read_row<K, V, KF: DecodeOwned<K>, VF: DecodeOwned<V>>(
    key: &[u8],
    value: &[u8],
) -> Result<Option<(i64, Suppressed<K, V>)>> {
    let mut reader = Reader(value);
    let mut parts = || {
        let (timestamp, origin) = reader.origin()?;
        let prior = reader.prefixed()?;
        let replaced = match reader.i32()? {
            SAME => prior,
            length => reader.bytes(length)?,
        };
        Some((timestamp, origin, prior, replaced, reader.prefixed()?, reader.i64()?))
    };
    let Some((timestamp, origin, prior, replaced, value, time)) = parts() else {
        return Ok(None);
    };
    let decoded = |bytes: Option<&[u8]>| bytes.map(VF::decode).transpose();
    let replaced = match replaced == prior {
        true => None,
        false => Some(decoded(replaced)?),
    };
    let (prior, value) = (decoded(prior)?, decoded(value)?);
    let key = KF::decode(key)?;
    Ok(Some((time, Suppressed { key, value, prior, replaced, timestamp, origin })))
}

impl<K, V, KF, VF> StateStore for SuppressStore<K, V, KF, VF>
where
    K: Send,
    V: Send,
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn open(&mut self, backend: Box<dyn Backend>) -> Result<()> {
        self.resident.open(backend);
        self.restored()
    }

    fn log_changes(&mut self, partition: i32, output: &mut Output) -> Result<()> {
        let mut version = HeaderBuf::new();
        version.push("v", Some(&[3]));
        let (entries, times) = (&self.entries, &self.times);
        self.resident.log(partition, output, version.as_headers(), &|key, out| {
            write::<K, V, VF>(entries, times, key, out)
        })
    }

    fn flush(&mut self, batch: &mut FlushBatch) -> Result<()> {
        self.resident
            .flush(batch, &|key, out| write::<K, V, VF>(&self.entries, &self.times, key, out))
    }

    fn flushed(&mut self) {
        self.resident.flushed();
    }

    fn restore(&mut self, record: &RecordRef<'_>, batch: &mut FlushBatch) -> Result<()> {
        let version = record.headers.last("v").flatten();
        if record.value.is_some() && version != Some(&[3]) {
            let text = format!(
                "buffer `{}` was written by Kafka Streams before version 2.6, whose layout is not read here: \
                 let a newer one write it, or reset the application",
                self.name
            );
            return Err(Error::new(ErrorKind::Decode, text));
        }
        match self.resident.restore(record, batch)? {
            Some((key, Some(value))) => self.read(key, value),
            Some((key, None)) => {
                self.forget(key);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn restored(&mut self) -> Result<()> {
        let Some(rows) = self.resident.rows()? else { return Ok(()) };
        (self.entries, self.times, self.bytes) = (BTreeMap::new(), HashMap::default(), 0);
        rows.into_iter().try_for_each(|(key, value)| self.read(&key, &value))
    }

    fn memory(&self) -> usize {
        self.bytes + self.entries.len() * (size_of::<Entry<K, V>>() + 2 * size_of::<Place>() + 64)
    }

    fn shrink(&mut self, _: usize) {}

    fn rows(&self) -> Result<Vec<Row>> {
        let row = |((time, key), entry): (&Place, &Entry<K, V>)| {
            let mut value = Vec::new();
            write_row::<K, V, VF>(*time, &entry.update, &mut value)?;
            Ok(Row { key: key.clone(), value, timestamp: entry.update.timestamp })
        };
        let mut rows: Vec<Row> = self.entries.iter().map(row).collect::<Result<_>>()?;
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(rows)
    }
}

fn write<K, V, VF: Encode<V>>(
    entries: &BTreeMap<Place, Entry<K, V>>,
    times: &HashMap<Vec<u8>, i64, foldhash::fast::FixedState>,
    key: &[u8],
    out: &mut Vec<u8>,
) -> Result<Option<i64>> {
    let Some(time) = times.get(key) else { return Ok(None) };
    let Some(entry) = entries.get(&(*time, key.to_vec())) else { return Ok(None) };
    write_row::<K, V, VF>(*time, &entry.update, out)?;
    Ok(Some(entry.update.timestamp))
}
