//! A worker's producer.
//!
//! One failed record ends it: offsets must not be committed past a record that was not written, so
//! every later append and commit says the same error, and the worker starts again from the last
//! commit with a new client.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::failure::{error, transient};
use super::ffi::{Code, Delivery, Failure, Handle, Topic};
use crate::broker::{Append, WriterTopic};
use crate::error::{Error, ErrorKind, Result};

/// How often deliveries are looked after: a lock and a clock, spread over so many records.
const LOOK_EVERY: u32 = 1024;
/// How long to wait before trying again on a full queue: 20 thousand records leave it meanwhile.
const FULL_WAIT: Duration = Duration::from_millis(5);
/// Steps of the flush: only a failed record needs more than one.
const FLUSH_STEP: Duration = Duration::from_millis(100);

/// Writes records for a worker.
pub(super) struct Producer {
    topics: Vec<(String, Topic)>,
    handle: Arc<Handle>,
    until_look: u32,
    broken: Option<Broken>,
    /// What was last said about a broken connection.
    outage: Option<String>,
    delivery_timeout: Duration,
}

/// Why nothing more is written.
struct Broken {
    error: Error,
    /// The transaction failed before, and knows why.
    by_transaction: bool,
}

impl Producer {
    pub(super) fn new(handle: Arc<Handle>, delivery_timeout: Duration) -> Self {
        Self {
            topics: Vec::new(),
            handle,
            until_look: LOOK_EVERY,
            broken: None,
            outage: None,
            delivery_timeout,
        }
    }

    /// Goes on with another instance; handles of topics stay good.
    pub(super) fn replace(&mut self, handle: Arc<Handle>) -> Result<()> {
        for (name, topic) in &mut self.topics {
            *topic = Topic::new(&handle, name)?
                .map_err(|f| error(&format!("preparing to write {name}"), &f))?;
        }
        self.handle = handle;
        self.until_look = LOOK_EVERY;
        self.broken = None;
        self.outage = None;
        Ok(())
    }

    /// Forgets what was said about connections.
    pub(super) fn clear_outage(&mut self) {
        let _ = self.look(Duration::ZERO);
        self.outage = None;
    }

    /// What was said about a broken connection since [`clear_outage`](Self::clear_outage).
    pub(super) fn outage(&mut self) -> Option<String> {
        let _ = self.look(Duration::ZERO);
        self.outage.take()
    }

    /// Waits until nothing is under way any more, written or not; the producer is as good as new
    /// then.
    pub(super) fn drain_for_abort(&mut self, deadline: Instant) -> Result<(), String> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let done = self.handle.flush(left.min(FLUSH_STEP));
            let outage = &mut self.outage;
            self.handle.deliveries(Duration::ZERO, &mut |delivery| {
                if let Delivery::Error { failure, fatal: false } = delivery {
                    *outage = Some(failure.to_string());
                }
            });
            match done {
                Ok(()) => {
                    self.broken = None;
                    return Ok(());
                }
                Err(failure) if failure.code == Code::TIMED_OUT && !left.is_zero() => {}
                Err(failure) => return Err(format!("aborting: records under way: {failure}")),
            }
        }
    }

    pub(super) fn topic(&mut self, name: &str) -> Result<WriterTopic> {
        if let Some(at) = self.topics.iter().position(|(n, _)| n == name) {
            return Ok(WriterTopic(at));
        }
        let topic = Topic::new(&self.handle, name)?
            .map_err(|f| error(&format!("preparing to write {name}"), &f))?;
        self.topics.push((name.to_owned(), topic));
        Ok(WriterTopic(self.topics.len() - 1))
    }

    pub(super) fn append(&mut self, record: Append<'_>) -> Result<()> {
        self.until_look -= 1;
        if self.until_look == 0 {
            self.look(Duration::ZERO)?;
        }
        let Some((_, topic)) = self.topics.get(record.topic.0) else {
            return Err(Error::new(ErrorKind::Fatal, "a writer's handle of another client"));
        };
        // To librdkafka 0 means now; a millisecond late is nearer.
        let timestamp = if record.timestamp == 0 { 1 } else { record.timestamp };
        match topic.produce(record.partition, timestamp, record.key, record.value, record.headers) {
            Ok(()) => Ok(()),
            Err(failure) if failure.code == Code::QUEUE_FULL => self.append_later(record),
            Err(failure) => Err(self.refused(&record, &failure)),
        }
    }

    /// Back-pressure: waits until the queue has room.
    #[cold]
    fn append_later(&mut self, record: Append<'_>) -> Result<()> {
        // Records that cannot be written fail, and make room, after the delivery timeout.
        let deadline = Instant::now() + self.delivery_timeout + FLUSH_STEP;
        loop {
            self.look(FULL_WAIT)?;
            let Some((_, topic)) = self.topics.get(record.topic.0) else {
                return Ok(());
            };
            let timestamp = if record.timestamp == 0 { 1 } else { record.timestamp };
            let result = topic.produce(
                record.partition,
                timestamp,
                record.key,
                record.value,
                record.headers,
            );
            match result {
                Ok(()) => return Ok(()),
                Err(f) if f.code == Code::QUEUE_FULL && Instant::now() < deadline => {}
                Err(failure) => return Err(self.refused(&record, &failure)),
            }
        }
    }

    /// Notes failed deliveries, waiting up to `timeout` for one; an error if the producer is done.
    pub(super) fn look(&mut self, timeout: Duration) -> Result<()> {
        self.until_look = LOOK_EVERY;
        let (broken, outage) = (&mut self.broken, &mut self.outage);
        // A record that has failed for a reason of its own says more than that the transaction failed.
        if broken.as_ref().is_none_or(|broken| broken.by_transaction) {
            self.handle.deliveries(timeout, &mut |delivery| note(broken, outage, delivery));
        }
        match broken {
            None => Ok(()),
            Some(broken) => Err(broken.error.again()),
        }
    }

    /// True if nothing more is written since the transaction failed, which knows why, and no record has
    /// failed for a reason of its own, which would tell its topic.
    pub(super) fn is_broken_by_transaction(&mut self) -> bool {
        if self.broken.as_ref().is_some_and(|broken| broken.by_transaction) {
            let _ = self.handle.flush(FLUSH_STEP);
            let _ = self.look(Duration::ZERO);
        }
        self.broken.as_ref().is_some_and(|broken| broken.by_transaction)
    }

    /// The topics that were written.
    pub(super) fn topics(&self) -> impl Iterator<Item = &str> {
        self.topics.iter().map(|(name, _)| name.as_str())
    }

    /// Why nothing more is written, if it is so.
    pub(super) fn failure(&self) -> Option<Error> {
        self.broken.as_ref().map(|broken| broken.error.again())
    }

    /// Waits until everything is written.
    pub(super) fn flush(&mut self, deadline: Instant) -> Result<()> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let done = self.handle.flush(left.min(FLUSH_STEP));
            self.look(Duration::ZERO)?;
            match done {
                Ok(()) => return Ok(()),
                Err(failure) if failure.code == Code::TIMED_OUT && !left.is_zero() => {}
                Err(failure) => {
                    return Err(error("waiting for written records before the commit", &failure));
                }
            }
        }
    }

    /// The error for a record that was not even queued.
    #[cold]
    fn refused(&mut self, record: &Append<'_>, failure: &Failure) -> Error {
        let name = self.topics.get(record.topic.0).map_or("", |(name, _)| name.as_str());
        let doing = format!("writing {name}-{}", record.partition);
        let size = record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
        match failure.code {
            // Only this record is at fault, and nothing was written of it.
            Code::MSG_SIZE_TOO_LARGE => Error::new(
                ErrorKind::Record,
                format!(
                    "{doing}: a record of {size} bytes is larger than the property \
                     producer.message.max.bytes: raise it (and max.message.bytes of the topic), \
                     or write smaller records"
                ),
            ),
            _ => {
                let e = error(&doing, failure);
                // In a transaction that has failed nothing can be written.
                if failure.code == Code::STATE {
                    self.broken.get_or_insert(Broken { error: e.again(), by_transaction: true });
                }
                e
            }
        }
    }
}

fn note(broken: &mut Option<Broken>, outage: &mut Option<String>, delivery: Delivery) {
    let mut by_transaction = false;
    let error = match delivery {
        Delivery::Failed { topic, partition, failure } if purged(failure.code) => {
            by_transaction = true;
            let text = format!(
                "a record to {topic}-{partition} was not written, as its transaction failed"
            );
            Error::new(ErrorKind::Poisoned, text)
        }
        Delivery::Failed { topic, partition, failure } => {
            let e = error(&format!("a record to {topic}-{partition} was not written"), &failure);
            // What passes by itself: from the last commit on, with a new client.
            let kind = if transient(failure.code) || e.kind() == ErrorKind::Rejoin {
                ErrorKind::Poisoned
            } else {
                e.kind()
            };
            e.with_kind(kind)
        }
        Delivery::Error { failure, fatal: true } => {
            error("the producer cannot go on", &failure).with_kind(ErrorKind::Poisoned)
        }
        Delivery::Error { failure, fatal: false } => {
            // The log of the connections says it, too.
            tracing::debug!("writing: {failure}; librdkafka goes on trying");
            *outage = Some(failure.to_string());
            return;
        }
    };
    if broken.as_ref().is_none_or(|broken| broken.by_transaction && !by_transaction) {
        *broken = Some(Broken { error, by_transaction });
    }
}

/// True if librdkafka has taken it back: the end of a transaction that has failed takes what waits to be
/// written with it.
fn purged(code: Code) -> bool {
    matches!(code, Code::PURGED_IN_QUEUE | Code::PURGED_IN_FLIGHT)
}
