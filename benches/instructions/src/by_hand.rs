//! The chain as a good engineer writes it: slices in, decode, `if`, encode into an arena. What is
//! part of the semantics is part of it: a timestamp is valid, stream time goes on, records are
//! counted, an error has its place. It is driven by the same [`Task`] as the generated chain.

use std::sync::{Mutex, PoisonError};

use streams::context::TaskContext;
use streams::store::StateStore;
use streams::task::{Task, TaskLogic};
use streams::topology::TopologyDescription;
use streams::{Error, ErrorKind, RecordRef, Result, Topology};

use crate::{Written, generated};

/// The topology of the generated chain, processed by hand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ByHand {}

impl Topology for ByHand {
    const DESCRIPTION: &'static TopologyDescription = generated::chain::Topology::DESCRIPTION;

    fn task(_: usize) -> Box<dyn TaskLogic> {
        Box::new(Chain::default())
    }
}

/// What the task's last commit took out of the arena.
static COMMITTED: Mutex<Written> = Mutex::new(Written { records: 0, bytes: 0 });

/// Empties the arena: a commit asks a task for its stores, and this one hands its records over then.
pub(crate) fn drain(task: &mut Task) -> Result<Written> {
    task.prepare_commit()?;
    Ok(*COMMITTED.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Written records, as in [`streams::Output`].
#[derive(Default)]
struct Arena {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

/// What the producer has to know of a record; spans of `NULL` are null.
#[expect(dead_code, reason = "the producer is not part of the measurement")]
struct Entry {
    topic: u16,
    partition: i32,
    timestamp: i64,
    key: (u32, u32),
    value: (u32, u32),
    headers: (u32, u32),
    partition_key: u32,
}

const NULL: (u32, u32) = (u32::MAX, u32::MAX);

#[derive(Default)]
struct Chain {
    arena: Arena,
}

impl TaskLogic for Chain {
    fn process(
        &mut self,
        _source: usize,
        record: &RecordRef<'_>,
        given: Option<i64>,
        cx: &mut TaskContext,
    ) -> Result<()> {
        let (Some(key), Some(value)) = (record.key, record.value) else {
            return Err(wrong(record, "null"));
        };
        let Ok(text) = std::str::from_utf8(key) else {
            return Err(wrong(record, "the key is not UTF-8"));
        };
        let Ok(value) = value.try_into() else {
            return Err(wrong(record, "the value has not 8 bytes"));
        };
        let n = i64::from_be_bytes(value);
        let timestamp = given.unwrap_or(record.timestamp);
        if timestamp < 0 {
            return Err(wrong(record, "the timestamp is negative"));
        }
        cx.counters.processed += 1;
        cx.stream_time.advance(timestamp);
        if n <= 0 {
            return Ok(());
        }
        let n = n * 3 + 1;
        if !(text.len() > 3 && n % 2 == 0) {
            return Ok(());
        }
        let Arena { bytes, entries } = &mut self.arena;
        let start = bytes.len() as u32;
        bytes.extend_from_slice(text.as_bytes());
        let middle = bytes.len() as u32;
        bytes.extend_from_slice(&n.to_be_bytes());
        let end = bytes.len() as u32;
        let mut headers = NULL;
        if !record.headers.is_empty() {
            bytes.extend_from_slice(record.headers.as_encoded());
            headers = (end, bytes.len() as u32);
        }
        entries.push(Entry {
            topic: 1,
            partition: -1,
            timestamp,
            key: (start, middle),
            value: (middle, end),
            headers,
            partition_key: middle,
        });
        Ok(())
    }

    fn timestamp(
        &mut self,
        _source: usize,
        record: &RecordRef<'_>,
        _cx: &mut TaskContext,
    ) -> Result<i64> {
        Ok(record.timestamp)
    }

    fn stores(&mut self) -> Vec<&mut dyn StateStore> {
        let Arena { bytes, entries } = &mut self.arena;
        let written = Written { records: entries.len(), bytes: bytes.len() };
        *COMMITTED.lock().unwrap_or_else(PoisonError::into_inner) = written;
        bytes.clear();
        entries.clear();
        Vec::new()
    }
}

#[cold]
fn wrong(record: &RecordRef<'_>, what: &str) -> Error {
    let message = format!("numbers, partition 0, offset {}: {what}", record.offset);
    Error::new(ErrorKind::Decode, message)
}
