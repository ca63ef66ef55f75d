//! What generated code works with while it processes a record.

use crate::op::{BoxError, processing_error};
use crate::policy::OnError;
use crate::time::{StreamTime, WallTime};
use crate::topology::{SourceDescription, TopologyDescription};
use crate::{Error, ErrorKind, Headers, Output, RecordRef, Result};

/// What a closure sees of its record beside key and value: its third parameter, `cx`.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Timestamp of the record at this operator, in milliseconds since the Unix epoch.
    pub timestamp: i64,
    /// Headers of the record.
    pub headers: Headers<'a>,
    /// The topic that the record came from.
    pub topic: &'a str,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// The task's stream time in milliseconds since the Unix epoch, this record included.
    pub stream_time: i64,
}

/// What a task counts, by Kafka Streams' metric names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskCounters {
    /// Records processed, of all inputs.
    pub processed: u64,
    /// Records left out because their window had closed (`dropped-records`).
    pub dropped_late: u64,
    /// Records left out by an operator's rule for null keys and values (`dropped-records`).
    pub dropped_null: u64,
    /// Records left out by `on_error = skip`: undecodable, failed, without a valid timestamp.
    pub skipped: u64,
}

/// The part of a task that generated code reads and writes while a record passes through.
#[derive(Debug)]
pub struct TaskContext {
    /// Where sinks, repartitions and changelogs are written.
    pub output: Output,
    /// The task's stream time.
    pub stream_time: StreamTime,
    /// The driver's clock when it last told the time.
    pub wall_clock: WallTime,
    /// What happened so far.
    pub counters: TaskCounters,
    topology: &'static TopologyDescription,
    application_id: std::sync::Arc<str>,
    subtopology: usize,
    partition: i32,
}

impl TaskContext {
    /// The context of the task `subtopology` × `partition`.
    pub fn new(
        topology: &'static TopologyDescription,
        application_id: std::sync::Arc<str>,
        subtopology: usize,
        partition: i32,
    ) -> Self {
        Self {
            output: Output::new(),
            stream_time: StreamTime::UNKNOWN,
            wall_clock: WallTime::default(),
            counters: TaskCounters::default(),
            topology,
            application_id,
            subtopology,
            partition,
        }
    }

    /// The task's partition.
    pub fn partition(&self) -> i32 {
        self.partition
    }

    fn source(&self, source: usize) -> Option<&'static SourceDescription> {
        self.topology.subtopologies.get(self.subtopology)?.sources.get(source)
    }

    fn topic_name(&self, source: usize) -> String {
        self.source(source)
            .and_then(|s| self.topology.topic(s.topic))
            .map_or_else(String::new, |t| t.full_name(&self.application_id).into_owned())
    }

    /// A record enters at `source` with this timestamp: stream time moves on. `false` if the
    /// timestamp is negative and the policy is to leave such records out.
    ///
    /// # Errors
    /// [`ErrorKind::Timestamp`] for a negative timestamp under `on_error = fail`.
    #[inline]
    pub fn begin(
        &mut self,
        source: usize,
        record: &RecordRef<'_>,
        timestamp: i64,
        policy: OnError,
    ) -> Result<bool> {
        if timestamp < 0 {
            self.invalid_timestamp(source, record, timestamp, policy)?;
            return Ok(false);
        }
        self.counters.processed += 1;
        self.stream_time.advance(timestamp);
        Ok(true)
    }

    #[cold]
    fn invalid_timestamp(
        &mut self,
        source: usize,
        record: &RecordRef<'_>,
        timestamp: i64,
        policy: OnError,
    ) -> Result<()> {
        let error = Error::new(
            ErrorKind::Timestamp,
            format!(
                "the record's timestamp {timestamp} is negative: give the source a `time = …`, or \
                 leave such records out with `on_error = skip`"
            ),
        );
        self.reject(source, record, error, policy)
    }

    /// Applies `on_error` to what went wrong with `record` of `source`.
    ///
    /// # Errors
    /// The error with its topic, partition and offset, where the policy is to fail or the error is
    /// not the record's.
    #[cold]
    pub fn reject(
        &mut self,
        source: usize,
        record: &RecordRef<'_>,
        error: Error,
        policy: OnError,
    ) -> Result<()> {
        let place = || {
            format!(
                "{}, partition {}, offset {}",
                self.topic_name(source),
                self.partition,
                record.offset
            )
        };
        let error = error.at(place);
        policy.apply(error, &mut self.counters.skipped)
    }

    /// Applies `on_error` to the error that an operator's closure returned for `record`.
    ///
    /// # Errors
    /// As [`reject`](Self::reject).
    #[cold]
    pub fn failed(
        &mut self,
        source: usize,
        record: &RecordRef<'_>,
        operator: &str,
        error: BoxError,
        policy: OnError,
    ) -> Result<()> {
        self.reject(source, record, processing_error(operator, error), policy)
    }

    /// The third parameter of a closure.
    #[inline]
    pub fn closure_context<'a>(
        &self,
        source: usize,
        record: &RecordRef<'a>,
        timestamp: i64,
    ) -> Context<'a> {
        let topic = self.source(source).and_then(|s| self.topology.topic(s.topic));
        Context {
            timestamp,
            headers: record.headers,
            topic: topic.map_or("", |t| t.name),
            partition: self.partition,
            offset: record.offset,
            stream_time: self.stream_time.as_millis(),
        }
    }
}
