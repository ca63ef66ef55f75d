//! The largest timestamp that an operator has seen, kept across restarts: a window that has closed
//! is closed for good. One row, `time` → milliseconds (8 bytes, big endian).

use super::row::{self, Row, append};
use super::{Backend, FlushBatch, StateStore};
use crate::output::TopicIndex;
use crate::{Error, ErrorKind, Output, RecordRef, Result};

const KEY: &[u8] = b"time";

/// See the module.
pub struct ClockStore {
    name: &'static str,
    changelog: Option<TopicIndex>,
    backend: Option<Box<dyn Backend>>,
    time: i64,
    logged: i64,
    written: i64,
    flushed: i64,
}

impl ClockStore {
    /// A clock that has seen nothing: it stands at −1.
    pub fn new(name: &'static str, changelog: Option<TopicIndex>) -> Self {
        Self { name, changelog, backend: None, time: -1, logged: -1, written: -1, flushed: -1 }
    }

    /// Milliseconds since the Unix epoch; −1 before the first record.
    #[inline]
    pub fn now(&self) -> i64 {
        self.time
    }

    /// A record of this timestamp has been seen.
    #[inline]
    pub fn observe(&mut self, timestamp: i64) {
        self.time = self.time.max(timestamp);
    }

    fn read(&mut self, value: &[u8]) -> Result<()> {
        let Ok(bytes) = value.try_into() else {
            let text = format!("{} bytes are not the time of clock `{}`", value.len(), self.name);
            return Err(Error::new(ErrorKind::Decode, text));
        };
        self.time = i64::from_be_bytes(bytes);
        (self.logged, self.written, self.flushed) = (self.time, self.time, self.time);
        Ok(())
    }
}

impl StateStore for ClockStore {
    fn name(&self) -> &'static str {
        self.name
    }

    fn open(&mut self, backend: Box<dyn Backend>) -> Result<()> {
        self.backend = Some(backend);
        self.restored()
    }

    fn log_changes(&mut self, partition: i32, output: &mut Output) -> Result<()> {
        let Some(topic) = self.changelog.filter(|_| self.time > self.logged) else { return Ok(()) };
        self.logged = self.time;
        let value = |out: &mut Vec<u8>| append(out, &self.time.to_be_bytes());
        let key = |out: &mut Vec<u8>| append(out, KEY);
        row::log(output, (topic, partition), self.time, key, Some(value))
    }

    fn flush(&mut self, batch: &mut FlushBatch) -> Result<()> {
        if self.backend.is_none() || self.time <= self.flushed {
            return Ok(());
        }
        self.written = self.time;
        let value = |out: &mut Vec<u8>| append(out, &self.time.to_be_bytes());
        row::flush(batch, self.time, |out: &mut Vec<u8>| append(out, KEY), Some(value)).map(drop)
    }

    fn flushed(&mut self) {
        self.flushed = self.written;
    }

    fn restore(&mut self, record: &RecordRef<'_>, batch: &mut FlushBatch) -> Result<()> {
        let Some(value) = record.value else { return Ok(()) };
        self.read(value)?;
        if self.backend.is_none() {
            return Ok(());
        }
        row::restore(batch, record, |out: &mut Vec<u8>| append(out, KEY))
    }

    fn restored(&mut self) -> Result<()> {
        let Some(backend) = self.backend.take() else { return Ok(()) };
        self.time = -1;
        (self.logged, self.written, self.flushed) = (-1, -1, -1);
        let read = backend.get(KEY, &mut |row| self.read(row::split(row)?.1));
        self.backend = Some(backend);
        read
    }

    fn memory(&self) -> usize {
        0
    }

    fn shrink(&mut self, _: usize) {}

    fn rows(&self) -> Result<Vec<Row>> {
        let (key, value) = (KEY.to_vec(), self.time.to_be_bytes().to_vec());
        let row = Row { key, value, timestamp: self.time };
        Ok(if self.time < 0 { Vec::new() } else { vec![row] })
    }
}
