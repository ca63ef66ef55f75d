//! What generated code works with while it processes a record.

use crate::calls::{Executor, InPlace};
use crate::dead_letter::{self, Origin};
use crate::op::{BoxError, processing_error};
use crate::output::TopicIndex;
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
    /// In `time = …` of a source: the largest timestamp that it has given for this partition so far,
    /// in milliseconds since the Unix epoch; −1 before the first.
    pub partition_time: i64,
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
    /// Records written to a dead letter topic.
    pub dead_letters: u64,
}

impl std::ops::Add for TaskCounters {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            processed: self.processed + other.processed,
            dropped_late: self.dropped_late + other.dropped_late,
            dropped_null: self.dropped_null + other.dropped_null,
            skipped: self.skipped + other.skipped,
            dead_letters: self.dead_letters + other.dead_letters,
        }
    }
}

/// Tells whether a topic exists: given to tasks by their driver, which may ask the log.
pub type TopicExists = std::sync::Arc<dyn Fn(&str) -> Result<bool> + Send + Sync>;

/// The part of a task that generated code reads and writes while a record passes through.
pub struct TaskContext {
    /// Where sinks, repartitions and changelogs are written.
    pub output: Output,
    /// The task's stream time.
    pub stream_time: StreamTime,
    /// The driver's clock when it last told the time.
    pub wall_clock: WallTime,
    /// What happened so far.
    pub counters: TaskCounters,
    /// A processor has asked for a commit.
    pub commit_requested: bool,
    /// Where calls of outside services run.
    pub executor: std::sync::Arc<dyn Executor>,
    topology: &'static TopologyDescription,
    application_id: std::sync::Arc<str>,
    subtopology: usize,
    partition: i32,
    /// `None`: every topic does, in tests.
    topic_exists: Option<TopicExists>,
    /// By source: the largest timestamp so far, where the source asks for it.
    partition_times: Vec<i64>,
    /// By source: the largest timestamp processed.
    processed_times: Vec<i64>,
}

impl TaskContext {
    /// The context of the task `subtopology` × `partition`.
    pub fn new(
        topology: &'static TopologyDescription,
        application_id: std::sync::Arc<str>,
        subtopology: usize,
        partition: i32,
    ) -> Self {
        let sources = topology.subtopologies.get(subtopology).map_or(0, |s| s.sources.len());
        Self {
            output: Output::new(),
            stream_time: StreamTime::UNKNOWN,
            wall_clock: WallTime::default(),
            counters: TaskCounters::default(),
            commit_requested: false,
            executor: std::sync::Arc::new(InPlace),
            topology,
            application_id,
            subtopology,
            partition,
            topic_exists: None,
            partition_times: Vec::new(),
            processed_times: vec![-1; sources],
        }
    }

    /// How to find out whether a topic exists that a record names.
    pub fn set_topic_exists(&mut self, exists: TopicExists) {
        self.topic_exists = Some(exists);
    }

    /// The number of the topic that a record is to be written to.
    ///
    /// # Errors
    /// [`ErrorKind::Production`] if there is no such topic. What the driver says, if it cannot tell.
    pub fn named_topic(&mut self, name: &str) -> Result<TopicIndex> {
        match self.output.named_topic(name) {
            Some(topic) => Ok(topic),
            None => self.new_named_topic(name),
        }
    }

    #[cold]
    fn new_named_topic(&mut self, name: &str) -> Result<TopicIndex> {
        let refused = |text: String| Err(Error::new(ErrorKind::Production, text));
        if let Some(exists) = &self.topic_exists
            && !exists(name)?
        {
            return refused(format!(
                "there is no topic `{name}`, which `to_topic` names for this record: create it, or give the \
                 operator another `on_error`"
            ));
        }
        match self.output.name_topic(name) {
            Some(topic) => Ok(topic),
            None => refused(format!("topic `{name}` is one too many for `to_topic`")),
        }
    }

    /// The task's partition.
    pub fn partition(&self) -> i32 {
        self.partition
    }

    /// Where a record of this source came from, for what is given on later.
    pub fn origin(&self, source: usize, record: &RecordRef<'_>) -> crate::store::Origin {
        let topic = self.source(source).and_then(|s| self.topology.topic(s.topic));
        crate::store::Origin {
            topic: topic.map_or("", |t| t.name).into(),
            partition: self.partition,
            offset: record.offset,
            headers: record.headers.to_buf(),
        }
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
        self.advance_processed_time(source, timestamp);
        Ok(true)
    }

    /// The largest timestamp processed of this source's partition; −1 before the first.
    pub(crate) fn processed_time(&self, source: usize) -> i64 {
        self.processed_times.get(source).copied().unwrap_or(-1)
    }

    /// The largest timestamp of this source's partition was this.
    pub(crate) fn resume(&mut self, source: usize, time: i64) {
        self.advance_processed_time(source, time);
        self.advance_partition_time(source, time);
        self.stream_time.advance(time);
    }

    #[inline]
    fn advance_processed_time(&mut self, source: usize, timestamp: i64) {
        if let Some(time) = self.processed_times.get_mut(source) {
            *time = timestamp.max(*time);
        }
    }

    /// The largest timestamp of this source's partition so far; −1 before the first.
    fn partition_time(&self, source: usize) -> i64 {
        self.partition_times.get(source).copied().unwrap_or(-1)
    }

    /// A record of `source` has this timestamp, which may become its partition's time.
    #[inline]
    pub fn advance_partition_time(&mut self, source: usize, timestamp: i64) {
        if self.partition_times.len() <= source {
            self.partition_times.resize(source + 1, -1);
        }
        if let Some(time) = self.partition_times.get_mut(source) {
            *time = timestamp.max(*time);
        }
    }

    /// The timestamp, or its partition's time if it is negative (`invalid_time = partition_time`).
    #[inline]
    pub fn or_partition_time(&self, source: usize, timestamp: i64) -> i64 {
        if timestamp < 0 { self.partition_time(source) } else { timestamp }
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
                 leave such records out with `invalid_time = skip`"
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
        let topic = self.topic_name(source);
        let partition = self.partition;
        let place = || match record.offset {
            // Not of a record, but of a punctuation.
            ..0 => format!("partition {partition}, punctuation at {}", record.timestamp),
            offset => format!("{topic}, partition {partition}, offset {offset}"),
        };
        let error = error.at(place);
        // Errors of the task itself (a store that cannot be read) always end it.
        match policy {
            OnError::Skip if error.is_record() => {
                self.counters.skipped += 1;
                Ok(())
            }
            OnError::DeadLetter(letters) if error.is_record() => {
                self.counters.dead_letters += 1;
                let origin = Origin { topic: &topic, partition };
                dead_letter::write(&mut self.output, letters, &origin, record, &error)
            }
            _ => Err(error),
        }
    }

    /// As [`reject`](Self::reject), for the record at an operator where it has this timestamp.
    ///
    /// # Errors
    /// As [`reject`](Self::reject).
    #[cold]
    pub fn reject_at(
        &mut self,
        source: usize,
        record: &RecordRef<'_>,
        timestamp: i64,
        error: Error,
        policy: OnError,
    ) -> Result<()> {
        self.reject(source, &record.at(timestamp), error, policy)
    }

    /// Writes a record to a topic: `record` with this key and value, which these functions write. One
    /// function of a format's, not a closure of the topology's, so that all that write the same types
    /// share the code.
    ///
    /// # Errors
    /// What the functions return.
    #[expect(clippy::too_many_arguments, reason = "one call a record, by generated code only")]
    pub fn write<K: ?Sized, V: ?Sized>(
        &mut self,
        record: &RecordRef<'_>,
        topic: TopicIndex,
        timestamp: i64,
        key_suffix: u32,
        key: &K,
        write_key: fn(&K, &mut Vec<u8>) -> Result<bool>,
        value: &V,
        write_value: fn(&V, &mut Vec<u8>) -> Result<bool>,
    ) -> Result<()> {
        self.output.write_windowed(
            topic,
            None,
            timestamp,
            record.headers,
            key_suffix,
            |out| write_key(key, out),
            |out| write_value(value, out),
        )
    }

    /// As [`write`](Self::write); false if it cannot be written and `on_error` leaves it out. In one function
    /// with it, a record would take a quarter more instructions.
    ///
    /// # Errors
    /// If that fails the task.
    #[inline]
    #[expect(clippy::too_many_arguments, reason = "one call a record, by generated code only")]
    pub fn send<K: ?Sized, V: ?Sized>(
        &mut self,
        source: usize,
        record: &RecordRef<'_>,
        topic: TopicIndex,
        timestamp: i64,
        key_suffix: u32,
        key: &K,
        write_key: fn(&K, &mut Vec<u8>) -> Result<bool>,
        value: &V,
        write_value: fn(&V, &mut Vec<u8>) -> Result<bool>,
        on_error: OnError,
    ) -> Result<bool> {
        let written =
            self.write(record, topic, timestamp, key_suffix, key, write_key, value, write_value);
        match written {
            Ok(()) => Ok(true),
            Err(e) => self.reject_at(source, record, timestamp, e, on_error).map(|()| false),
        }
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
            partition_time: self.partition_time(source),
        }
    }
}

impl std::fmt::Debug for TaskContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TaskContext")
            .field("subtopology", &self.subtopology)
            .field("partition", &self.partition)
            .field("stream_time", &self.stream_time)
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}
