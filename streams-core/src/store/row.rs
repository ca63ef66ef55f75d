//! A row in its bytes: how every store writes one to its changelog and to its disk.

use std::collections::BTreeMap;

use super::{Backend, FlushBatch};
use crate::format::{DecodeOwned, Encode};
use crate::output::TopicIndex;
use crate::{Error, ErrorKind, Headers, Output, RecordRef, Result};

/// A row in its encoding: key and value as in the changelog, and the timestamp of the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Encoded key.
    pub key: Vec<u8>,
    /// Encoded value.
    pub value: Vec<u8>,
    /// Milliseconds since the Unix epoch.
    pub timestamp: i64,
}

/// Appends bytes as they are.
pub(super) fn append(out: &mut Vec<u8>, bytes: &[u8]) -> Result<()> {
    out.extend_from_slice(bytes);
    Ok(())
}

/// A row on disk: the timestamp (8 bytes, big endian), then the value, as Kafka Streams' timestamped
/// stores.
pub(super) fn split(row: &[u8]) -> Result<(i64, &[u8])> {
    match row.split_first_chunk::<8>() {
        Some((timestamp, value)) => Ok((i64::from_be_bytes(*timestamp), value)),
        None => Err(Error::new(
            ErrorKind::Store,
            format!(
                "a row of {} bytes on disk lacks its timestamp: the state directory is damaged; \
                     delete it, it is rebuilt from the changelog",
                row.len()
            ),
        )),
    }
}

/// Value and timestamp of a row on disk.
pub(super) fn decode<V, VF: DecodeOwned<V>>(row: &[u8]) -> Result<(V, i64)> {
    let (timestamp, value) = split(row)?;
    Ok((VF::decode(value)?, timestamp))
}

/// A store has a row whose key cannot be read.
#[cold]
pub(super) fn damaged(store: &str) -> Error {
    let text = format!(
        "store `{store}` has a row on disk whose key cannot be read: delete the state directory, it is \
         rebuilt from the changelog"
    );
    Error::new(ErrorKind::Store, text)
}

/// A record's key cannot be one of the store's changelog.
#[cold]
pub(super) fn too_short(key: &[u8], store: &str) -> Error {
    let bytes = key.len();
    let text = format!("a key of {bytes} bytes is too short for the changelog of store `{store}`");
    Error::new(ErrorKind::Decode, text)
}

/// What writes a key or value.
pub(super) trait Write: Fn(&mut Vec<u8>) -> Result<()> {}

impl<F: Fn(&mut Vec<u8>) -> Result<()>> Write for F {}

/// The same, behind a pointer: what writes rows is compiled once, and not for every store's types.
type DynWrite<'a> = &'a dyn Fn(&mut Vec<u8>) -> Result<()>;

/// What writes the value of a row, if it has one.
pub(super) fn value<'v, V, VF: Encode<V>>(value: Option<&'v V>) -> Option<impl Write + 'v> {
    value.map(|value| move |out: &mut Vec<u8>| VF::encode(value, out))
}

fn erased(value: Option<&impl Write>) -> Option<DynWrite<'_>> {
    value.map(|value| value as DynWrite<'_>)
}

/// Writes a row to the changelog; without a value, that it is gone.
#[inline]
pub(super) fn log(
    output: &mut Output,
    topic: (TopicIndex, i32),
    timestamp: i64,
    key: impl Write,
    value: Option<impl Write>,
) -> Result<()> {
    log_erased(output, topic, timestamp, &key, erased(value.as_ref()))
}

fn log_erased(
    output: &mut Output,
    (topic, partition): (TopicIndex, i32),
    timestamp: i64,
    key: DynWrite<'_>,
    value: Option<DynWrite<'_>>,
) -> Result<()> {
    output.write(
        topic,
        Some(partition),
        timestamp.max(0),
        Headers::EMPTY,
        |out| key(out).map(|()| true),
        |out| value.map_or(Ok(false), |value| value(out).map(|()| true)),
    )
}

/// Writes a row to the disk; without a value, that it is gone. Gives the bytes.
#[inline]
pub(super) fn flush(
    batch: &mut FlushBatch,
    timestamp: i64,
    key: impl Write,
    value: Option<impl Write>,
) -> Result<usize> {
    flush_erased(batch, timestamp, &key, erased(value.as_ref()))
}

fn flush_erased(
    batch: &mut FlushBatch,
    timestamp: i64,
    key: DynWrite<'_>,
    value: Option<DynWrite<'_>>,
) -> Result<usize> {
    let before = batch.bytes();
    match value {
        Some(value) => batch.put(key, |out| {
            out.extend_from_slice(&timestamp.to_be_bytes());
            value(out)
        })?,
        None => batch.delete(key)?,
    }
    Ok(batch.bytes() - before)
}

/// Writes a record of the changelog to the disk, under the key that the row has there.
#[inline]
pub(super) fn restore(
    batch: &mut FlushBatch,
    record: &RecordRef<'_>,
    key: impl Write,
) -> Result<()> {
    restore_erased(batch, record, &key)
}

fn restore_erased(batch: &mut FlushBatch, record: &RecordRef<'_>, key: DynWrite<'_>) -> Result<()> {
    let value = record.value.map(|value| move |out: &mut Vec<u8>| append(out, value));
    flush_erased(batch, record.timestamp, key, erased(value.as_ref())).map(drop)
}

/// All rows of a store: those on disk, then over them those in memory, which `fill` puts in.
pub(super) fn listed(fill: &mut dyn FnMut(&mut Listing) -> Result<()>) -> Result<Vec<Row>> {
    let mut listing = Listing(BTreeMap::new());
    fill(&mut listing)?;
    Ok(listing.rows())
}

/// What [`listed`] fills.
pub(super) struct Listing(BTreeMap<Vec<u8>, (Vec<u8>, i64)>);

impl Listing {
    /// A row from disk.
    pub(super) fn insert(&mut self, key: Vec<u8>, value: &[u8], timestamp: i64) {
        self.0.insert(key, (value.to_vec(), timestamp));
    }

    /// The rows of a disk whose keys are those of the changelog.
    pub(super) fn disk(&mut self, disk: Option<&dyn Backend>) -> Result<()> {
        let Some(disk) = disk else { return Ok(()) };
        disk.scan(&[], None, false, &mut |key, row| {
            let (timestamp, value) = split(row)?;
            self.insert(key.to_vec(), value, timestamp);
            Ok(true)
        })
    }

    /// A row from memory; without a value, that it is gone.
    #[inline]
    pub(super) fn overlay(
        &mut self,
        key: Vec<u8>,
        value: Option<impl Write>,
        timestamp: i64,
    ) -> Result<()> {
        self.overlay_erased(key, erased(value.as_ref()), timestamp)
    }

    fn overlay_erased(
        &mut self,
        key: Vec<u8>,
        value: Option<DynWrite<'_>>,
        timestamp: i64,
    ) -> Result<()> {
        match value {
            None => {
                self.0.remove(&key);
            }
            Some(value) => {
                let mut bytes = Vec::new();
                value(&mut bytes)?;
                self.0.insert(key, (bytes, timestamp));
            }
        }
        Ok(())
    }

    /// The rows, ordered by key.
    fn rows(self) -> Vec<Row> {
        let row = |(key, (value, timestamp))| Row { key, value, timestamp };
        self.0.into_iter().map(row).collect()
    }
}
