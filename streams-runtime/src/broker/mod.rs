//! The seam between the runtime and a durable log: one interface, two implementations.
//!
//! - [`embedded`]: a log on RocksDB inside the process, nothing to install;
//! - [`kafka`]: Apache Kafka, through librdkafka.
//!
//! A [`Broker`] is shared by the process; each worker thread opens one [`Client`] (its consumer and
//! its producer), and a [`LogReader`] while it restores state.

pub mod embedded;
pub mod kafka;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use streams_core::{Headers, RecordRef};

use crate::error::Result;
use crate::group::Membership;

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicPartition {
    /// Topic name.
    pub topic: Arc<str>,
    /// Partition number, from 0.
    pub partition: i32,
}

impl std::fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// Where to start reading a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The oldest record there is.
    Earliest,
    /// Records written from now on.
    Latest,
    /// This offset.
    Offset(i64),
}

/// What the runtime asks of a topic that it creates, or finds out about one that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// Topic name.
    pub name: String,
    /// Number of partitions, at least 1.
    pub partitions: i32,
    /// Topic configuration by Kafka's names: `cleanup.policy` (`compact`, `delete`,
    /// `compact,delete`), `retention.ms`, `segment.bytes`, `message.timestamp.type` ….
    pub config: BTreeMap<String, String>,
}

/// What a group has committed of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetAndTime {
    /// Offset of the next record to read.
    pub offset: i64,
    /// The partition's time there: the largest timestamp processed, in milliseconds since the Unix
    /// epoch; −1 if it is not known.
    pub time: i64,
}

impl From<i64> for OffsetAndTime {
    fn from(offset: i64) -> Self {
        Self { offset, time: -1 }
    }
}

/// What [`Client::poll`] hands out.
#[derive(Debug)]
pub enum Polled<'a> {
    /// A record.
    Record {
        /// Index of its topic in [`ClientOptions::topics`].
        topic: usize,
        /// Partition number.
        partition: i32,
        /// The record, borrowed from the client's buffer: gone when the callback returns.
        record: RecordRef<'a>,
    },
    /// Everything that was in the partition when it was last asked has been handed out. Comes
    /// again each time the end is reached anew, and at the start for an empty partition.
    End {
        /// Index of its topic in [`ClientOptions::topics`].
        topic: usize,
        /// Partition number.
        partition: i32,
        /// Where reading goes on: the offset after everything that was handed out, left out or
        /// deleted.
        offset: i64,
    },
}

/// What a worker's client reads, writes and is called.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// The application id: the group, and the prefix of transactional ids.
    pub application_id: String,
    /// Number of the worker thread in this process, from 0.
    pub worker: usize,
    /// The topics that the worker may read (all sources and repartition topics of the topology);
    /// membership is over these.
    pub topics: Vec<String>,
    /// The name under which transactions are made: [`Client::commit`] is exactly once then, and
    /// another client of this name is shut out. `None`: at least once. The embedded log is exactly
    /// once in any case.
    pub transactional_id: Option<String>,
}

/// One record to append.
#[derive(Clone, Copy, Debug)]
pub struct Append<'a> {
    /// Handle from [`Client::writer`].
    pub topic: WriterTopic,
    /// Partition; always chosen by the caller.
    pub partition: i32,
    /// Milliseconds since the Unix epoch.
    pub timestamp: i64,
    /// Encoded key.
    pub key: Option<&'a [u8]>,
    /// Encoded value.
    pub value: Option<&'a [u8]>,
    /// Headers.
    pub headers: Headers<'a>,
}

/// A topic that a [`Client`] writes, from [`Client::writer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriterTopic(pub usize);

/// How a commit ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Commit {
    /// Everything appended is durable, and visible, and the offsets are committed.
    Committed,
    /// The group has moved on (a rebalance is under way or this member was removed): the offsets are
    /// not committed. At least once, the records are durable: tasks that this worker no longer owns
    /// are closed without flushing their state, the others commit again. In transactions nothing
    /// counts, and all tasks are closed.
    Fenced,
    /// Nothing counts of what was appended since the last commit, and why. The caller takes its
    /// state back to that commit and goes on.
    Aborted(String),
    /// Everything counts or nothing does, which of the two the client cannot know, and why. Nothing
    /// can be appended before [`Client::recover`]; the group's committed offsets say then how it
    /// ended, and the caller takes its state from there.
    Unknown(String),
}

/// A durable log, shared by the worker threads of a process.
pub trait Broker: Send + Sync {
    /// What is known of these topics; `None` for one that does not exist.
    fn topics(&self, names: &[&str]) -> Result<Vec<Option<TopicSpec>>>;

    /// True if the latest record of each key stays in this topic for ever: it is compacted, or nothing of
    /// it is deleted.
    fn keeps_latest(&self, topic: &str) -> Result<bool>;

    /// Creates topics and waits until they can be written. A topic that is there already is left
    /// as it is; the caller compares partitions afterwards.
    fn create_topics(&self, topics: &[TopicSpec]) -> Result<()>;

    /// Deletes topics; absent ones are no error.
    fn delete_topics(&self, names: &[&str]) -> Result<()>;

    /// Deletes the records before these offsets, so that a repartition topic does not grow for
    /// ever. A log that leaves this to retention does nothing.
    fn delete_records(&self, before: &[(TopicPartition, i64)]) -> Result<()> {
        let _ = before;
        Ok(())
    }

    /// The end offsets (offset after the last record) of partitions, in their order.
    fn end_offsets(&self, partitions: &[TopicPartition]) -> Result<Vec<i64>>;

    /// The offsets of the oldest records of partitions, in their order.
    fn beginning_offsets(&self, partitions: &[TopicPartition]) -> Result<Vec<i64>>;

    /// The group's committed offsets (of the next record to read); `None` where there is none.
    fn committed(&self, group: &str, partitions: &[TopicPartition]) -> Result<Vec<Option<i64>>> {
        let found = self.committed_with_times(group, partitions)?;
        Ok(found.into_iter().map(|at| at.map(|at| at.offset)).collect())
    }

    /// As [`committed`](Self::committed), with the partitions' times.
    fn committed_with_times(
        &self,
        group: &str,
        partitions: &[TopicPartition],
    ) -> Result<Vec<Option<OffsetAndTime>>>;

    /// The offsets of the first records that are not older than a time (milliseconds since the
    /// Unix epoch), in the order of the partitions; the end where there is none.
    fn offsets_at(&self, partitions: &[TopicPartition], timestamp: i64) -> Result<Vec<i64>>;

    /// How many members of the group are at work.
    fn active_members(&self, group: &str) -> Result<usize>;

    /// Moves the committed offsets of a group that has no active member.
    fn move_offsets(&self, group: &str, offsets: &[(TopicPartition, i64)]) -> Result<()>;

    /// Opens a worker's client, with the membership through which it is given partitions.
    fn client(&self, options: &ClientOptions) -> Result<(Box<dyn Client>, Box<dyn Membership>)>;

    /// Opens a reader outside of any group: restore, global tables, `--until-end`, tools.
    fn reader(&self) -> Result<Box<dyn LogReader>>;

    /// For the log line at start and for errors: `kafka at HOST:PORT`, `embedded log in DIR`.
    fn describe(&self) -> String;
}

/// A worker's consumer and producer. Used by one thread.
pub trait Client {
    /// Reads exactly these partitions from these positions on; what was read before is dropped,
    /// except that a partition which stays without a new position (`None`) goes on where it was.
    fn assign(&mut self, partitions: &[(TopicPartition, Option<Position>)]) -> Result<()>;

    /// Stops handing out records of these partitions until they are resumed; what was fetched of
    /// them already is handed out after the resume, not lost.
    fn pause(&mut self, partitions: &[TopicPartition]) -> Result<()>;

    /// Hands out records of these partitions again.
    fn resume(&mut self, partitions: &[TopicPartition]) -> Result<()>;

    /// Hands out what has arrived, waiting up to `timeout` for the first of it. At most `max`
    /// records a call. Must be called regularly, since membership runs through it.
    fn poll(
        &mut self,
        timeout: Duration,
        max: usize,
        each: &mut dyn FnMut(Polled<'_>),
    ) -> Result<()>;

    /// Makes a [`poll`](Self::poll) that waits, or the next one, return soon; for other threads.
    fn waker(&self) -> Arc<dyn Fn() + Send + Sync>;

    /// The end of a partition that it reads, as it last heard of it, without asking anybody.
    fn known_end(&self, place: &TopicPartition) -> Option<i64>;

    /// Prepares to write a topic that exists; gives its handle and number of partitions.
    fn writer(&mut self, topic: &str) -> Result<(WriterTopic, i32)>;

    /// Appends one record; it is copied, and durable after the next [`commit`](Self::commit).
    /// Waits where the client's queue is full.
    fn append(&mut self, record: Append<'_>) -> Result<()>;

    /// True if so much waits for the next [`commit`](Self::commit) that the caller should not wait
    /// for its commit interval. Of use where the client keeps appended records in memory.
    fn wants_commit(&self) -> bool {
        false
    }

    /// Makes everything appended durable, then commits the offsets (of the next record to read).
    /// In a transaction, and on the embedded log, as one.
    fn commit(&mut self, offsets: &[(TopicPartition, i64)]) -> Result<Commit> {
        let offsets: Vec<_> = offsets.iter().map(|(p, at)| (p.clone(), (*at).into())).collect();
        self.commit_with_ends(&offsets, &[]).map(|(commit, _)| commit)
    }

    /// As [`commit`](Self::commit); gives, where it committed, an offset for each of the partitions
    /// `ends_of`: what this client appended lies before it, and what a later owner appends, after
    /// it. The ends of the changelogs are the positions of the state on disk.
    fn commit_with_ends(
        &mut self,
        offsets: &[(TopicPartition, OffsetAndTime)],
        ends_of: &[TopicPartition],
    ) -> Result<(Commit, Vec<i64>)>;

    /// Forgets what was appended since the last commit; at least once on Kafka, it stays.
    fn abort(&mut self) -> Result<()>;

    /// After [`Commit::Unknown`], makes the client fit to append again; when it returns, what became
    /// of the commit is decided. Otherwise it does nothing.
    fn recover(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Reads partitions outside of any group.
pub trait LogReader: Send {
    /// Reads exactly these partitions from these positions on.
    fn assign(&mut self, partitions: &[(TopicPartition, Position)]) -> Result<()>;

    /// Hands out what has arrived, waiting up to `timeout` for the first of it. `topic` of
    /// [`Polled`] is the index of the partition in the list given to [`assign`](Self::assign), and
    /// `partition` its partition number. At most `max` records a call.
    fn poll(
        &mut self,
        timeout: Duration,
        max: usize,
        each: &mut dyn FnMut(Polled<'_>),
    ) -> Result<()>;
}
