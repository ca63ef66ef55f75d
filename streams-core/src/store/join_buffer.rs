//! Records of a stream that wait for a versioned table, so that late updates of the table are there
//! when they are joined (Kafka Streams' `RocksDBTimeOrderedKeyValueBuffer`, KIP-923).
//!
//! A row's key, on disk and in the changelog, is a byte 0, the timestamp (8 bytes, big endian), the
//! record's key, a number (4 bytes) that tells duplicates apart; its value is [`Buffered`] and 8 bytes 0.

use super::buffered::Buffered;
use super::ordered::{Ordered, Waiting};
use super::row::Row;
use super::{Backend, FlushBatch, StateStore};
use crate::context::Context;
use crate::format::Encode;
use crate::output::TopicIndex;
use crate::{Error, ErrorKind, Output, RecordRef, Result};

/// See the module.
pub struct JoinBuffer {
    waiting: Ordered<Buffered>,
    /// Largest timestamp seen.
    observed: i64,
    number: u32,
}

impl Waiting for Buffered {
    fn timestamp(&self) -> i64 {
        self.timestamp
    }

    fn write(&self, out: &mut Vec<u8>) -> Result<()> {
        Buffered::write(self, out);
        out.extend_from_slice(&[0; 8]);
        Ok(())
    }
}

fn time_key(timestamp: i64) -> Vec<u8> {
    [&[0], &timestamp.to_be_bytes()[..]].concat()
}

impl JoinBuffer {
    /// An empty buffer.
    pub fn new(name: &'static str, changelog: Option<TopicIndex>) -> Self {
        Self { waiting: Ordered::new(name, changelog), observed: -1, number: 0 }
    }

    /// Takes a record, and gives those whose time has come, in the order of their timestamps: those at
    /// least `grace_ms` older than the latest. A record that is more than that behind does not wait, nor
    /// does one without a key: it is given back alone, ahead of what waits.
    ///
    /// # Errors
    /// If key or value cannot be encoded.
    pub fn offer<K, KF: Encode<K>, V, VF: Encode<V>>(
        &mut self,
        key: Option<&K>,
        value: &V,
        cx: &Context<'_>,
        grace_ms: i64,
    ) -> Result<Vec<Buffered>> {
        let (mut key_bytes, mut value_bytes) = (Vec::new(), Vec::new());
        VF::encode(value, &mut value_bytes)?;
        let Some(key) = key else { return Ok(vec![Buffered::new(None, value_bytes, cx)]) };
        KF::encode(key, &mut key_bytes)?;
        let late = cx.timestamp < self.observed.saturating_sub(grace_ms);
        let mut row_key = time_key(cx.timestamp);
        row_key.extend_from_slice(&key_bytes);
        let record = Buffered::new(Some(key_bytes), value_bytes, cx);
        if late {
            return Ok(vec![record]);
        }
        self.number = self.number.wrapping_add(1) & 0x7fff_ffff;
        row_key.extend_from_slice(&self.number.to_be_bytes());
        self.waiting.insert(row_key, record);
        self.observed = self.observed.max(cx.timestamp);
        Ok(self.due(grace_ms))
    }

    fn due(&mut self, grace_ms: i64) -> Vec<Buffered> {
        let last = self.observed.saturating_sub(grace_ms);
        let due = self.waiting.entries().iter().take_while(|(_, r)| r.timestamp <= last);
        let due: Vec<Vec<u8>> = due.map(|(row_key, _)| row_key.clone()).collect();
        due.iter().filter_map(|row_key| self.waiting.remove(row_key)).collect()
    }

    /// The time and number that the rows in memory tell.
    fn recount(&mut self) {
        for (row_key, record) in self.waiting.entries() {
            self.observed = self.observed.max(record.timestamp);
            if let Some((_, number)) = row_key.split_last_chunk::<4>() {
                self.number = self.number.max(u32::from_be_bytes(*number));
            }
        }
    }
}

fn read(name: &'static str) -> impl Fn(&[u8], &[u8]) -> Result<Buffered> {
    move |row_key, value| {
        let key = row_key.get(9..).and_then(|rest| rest.split_last_chunk::<4>());
        let record = key.and_then(|(key, _)| Buffered::read(key.to_vec(), value));
        record.map(|(record, _)| record).ok_or_else(|| {
            let text = format!("a row of {} bytes is not one of buffer `{name}`", row_key.len());
            Error::new(ErrorKind::Decode, text)
        })
    }
}

impl StateStore for JoinBuffer {
    fn name(&self) -> &'static str {
        self.waiting.name
    }

    fn open(&mut self, backend: Box<dyn Backend>) -> Result<()> {
        self.waiting.open(backend, read(self.waiting.name))?;
        self.recount();
        Ok(())
    }

    fn log_changes(&mut self, partition: i32, output: &mut Output) -> Result<()> {
        self.waiting.log(partition, output)
    }

    fn flush(&mut self, batch: &mut FlushBatch) -> Result<()> {
        self.waiting.flush(batch)
    }

    fn flushed(&mut self) {
        self.waiting.flushed();
    }

    fn restore(&mut self, record: &RecordRef<'_>, batch: &mut FlushBatch) -> Result<()> {
        let name = self.waiting.name;
        self.waiting.restore(record, batch, |key, value| read(name)(key, value))
    }

    fn restored(&mut self) -> Result<()> {
        self.waiting.restored(read(self.waiting.name))?;
        self.recount();
        Ok(())
    }

    fn memory(&self) -> usize {
        let bytes = |r: &Buffered| r.value.len() + r.headers.as_headers().as_encoded().len();
        self.waiting.entries().values().map(|r| bytes(r) + size_of::<Buffered>() + 96).sum()
    }

    fn shrink(&mut self, _: usize) {}

    fn rows(&self) -> Result<Vec<Row>> {
        self.waiting.rows()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Headers;
    use crate::format::Utf8;

    const NONE: [i64; 0] = [];

    fn offer(buffer: &mut JoinBuffer, key: Option<&str>, timestamp: i64) -> Vec<i64> {
        let cx = Context {
            timestamp,
            headers: Headers::EMPTY,
            topic: "t",
            partition: 0,
            offset: 0,
            stream_time: 0,
            partition_time: -1,
        };
        let given = buffer.offer::<&str, Utf8, &str, Utf8>(key.as_ref(), &"v", &cx, 10);
        given.unwrap_or_default().into_iter().map(|r| r.timestamp).collect()
    }

    #[test]
    fn records_wait_for_the_grace_and_come_in_the_order_of_their_times() {
        let mut buffer = JoinBuffer::new("b", None);
        assert_eq!(offer(&mut buffer, Some("a"), 20), NONE);
        assert_eq!(offer(&mut buffer, Some("b"), 15), NONE);
        assert_eq!(offer(&mut buffer, Some("a"), 15), NONE);
        assert_eq!(offer(&mut buffer, Some("a"), 10), [10]);
        assert_eq!(offer(&mut buffer, Some("a"), 9), [9]);
        assert_eq!(offer(&mut buffer, None, 18), [18]);
        assert_eq!(offer(&mut buffer, Some("a"), 30), [15, 15, 20]);
        assert_eq!(buffer.rows().map(|rows| rows.len()).unwrap_or_default(), 1);
    }

    #[test]
    fn the_ends_of_time_are_times_like_others() {
        let mut buffer = JoinBuffer::new("b", None);
        assert_eq!(offer(&mut buffer, Some("a"), 0), NONE);
        assert_eq!(offer(&mut buffer, Some("a"), i64::MAX), [0]);
        assert_eq!(offer(&mut buffer, Some("a"), i64::MAX - 10), [i64::MAX - 10]);
    }
}
