//! The calls of one operator in a task.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::executor::Executor;
use super::pending::{Caller, Slot};
use crate::op::BoxError;
use crate::{HeaderBuf, RecordRef};

/// How calls of an operator are made.
#[derive(Clone, Copy, Debug)]
pub struct CallOptions {
    /// Calls under way at a time, at least 1.
    pub concurrency: usize,
    /// How long an attempt may take.
    pub timeout: Option<Duration>,
    /// Attempts after the first that failed or took too long.
    pub retries: u32,
}

/// A record whose call is under way, or done.
struct Pending<K, R> {
    key: K,
    place: Place,
    slot: Arc<Slot<R>>,
}

/// What came of a record's call.
pub struct Outcome<K, R> {
    /// Key of the record.
    pub key: K,
    /// The result, or why there is none.
    pub result: Result<R, BoxError>,
    /// The record.
    pub place: Place,
}

/// A record whose call is under way: copied, since its buffer does not wait.
#[derive(Debug)]
pub struct Place {
    /// Number of its source.
    pub source: usize,
    offset: i64,
    timestamp: i64,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: HeaderBuf,
}

impl Place {
    /// The record as the operator had it.
    pub fn record(&self) -> RecordRef<'_> {
        RecordRef {
            offset: self.offset,
            timestamp: self.timestamp,
            key: self.key.as_deref(),
            value: self.value.as_deref(),
            headers: self.headers.as_headers(),
        }
    }
}

/// The calls of an operator, with keys `K` and results `R`. For generated code.
pub struct CallNode<K, R> {
    options: CallOptions,
    pending: VecDeque<Pending<K, R>>,
}

impl<K, R: Send + 'static> CallNode<K, R> {
    /// An operator without calls under way.
    pub fn new(options: CallOptions) -> Self {
        Self { options, pending: VecDeque::new() }
    }

    /// Begins the call of a record.
    pub fn begin<E, F>(
        &mut self,
        executor: &Arc<dyn Executor>,
        key: K,
        (source, record, timestamp): (usize, &RecordRef<'_>, i64),
        attempt: impl Fn() -> F + Send + Sync + 'static,
    ) where
        E: Into<BoxError> + Send + 'static,
        F: Future<Output = Result<R, E>> + Send + 'static,
    {
        let CallOptions { timeout, retries, .. } = self.options;
        let slot = Caller { executor, timeout, retries }.begin(attempt);
        self.pending.push_back(Pending {
            key,
            place: Place {
                source,
                offset: record.offset,
                timestamp,
                key: record.key.map(<[u8]>::to_vec),
                value: record.value.map(<[u8]>::to_vec),
                headers: record.headers.to_buf(),
            },
            slot,
        });
    }

    /// The result of the first call that waits to be given on. Waits for it if `wait` says so, or if
    /// there are as many calls under way as there may be.
    pub fn next(&mut self, wait: bool) -> Option<Outcome<K, R>> {
        let full = self.pending.len() >= self.options.concurrency.max(1);
        let first = self.pending.front()?;
        if !wait && !full && !first.slot.is_ready() {
            return None;
        }
        let done = self.pending.pop_front()?;
        Some(Outcome { result: done.slot.take(), key: done.key, place: done.place })
    }

    /// True if nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }
}
