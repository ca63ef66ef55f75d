//! The embedded log: topics, partitions, offsets and groups as Kafka has them, on RocksDB, in this
//! process.
//!
//! Records are stored in checked batches (`batch`), one RocksDB entry each. A commit is one
//! RocksDB write of all records and offsets, so that exactly-once needs no protocol; readers are
//! shown what has been written (`log`). One thread deletes and compacts (`cleaner`).
//!
//! *Invariant:* the offsets of a partition ascend, and its published end never falls. What lies
//! before the end never changes, except that compaction and retention take records away.

mod batch;
mod catalog;
mod cleaner;
mod cleanup;
mod client;
mod compaction;
mod consumer;
mod cursor;
mod keys;
mod loader;
mod log;
mod producer;
mod retention;
mod search;
mod topic;
mod tuning;
mod wake;

#[cfg(test)]
mod tests;

pub use loader::Loader;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::broker::{
    Broker, Client, ClientOptions, LogReader, OffsetAndTime, TopicPartition, TopicSpec,
};
use crate::error::{Error, Result};
use crate::group::{Membership, Solo};
use crate::store::rocksdb::{Contents, Directory};
use cleaner::Cleaner;
use client::{EmbeddedClient, EmbeddedReader};
use log::Log;

/// What a commit survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Durability {
    /// The end of the process in any way, not that of the machine. A commit after a power failure may
    /// be missing; those before it are whole. Costs nothing.
    #[default]
    Process,
    /// Power failure too: each commit waits for the disk.
    Fsync,
}

/// How to open an embedded log.
#[derive(Clone, Debug)]
pub struct EmbeddedConfig {
    /// Its directory. Created, for this user only, where it is missing.
    pub dir: PathBuf,
    /// What a commit survives.
    pub durability: Durability,
    /// The number of workers that share the partitions, at least 1.
    pub workers: usize,
    /// How often retention and compaction look for work.
    pub clean_interval: Duration,
}

/// Kafka's `log.cleaner.backoff.ms`: how often a cleaner that found nothing looks again.
const CLEAN_INTERVAL: Duration = Duration::from_secs(15);

impl EmbeddedConfig {
    /// One worker, durable against the end of the process.
    pub fn new(dir: impl AsRef<Path>) -> Self {
        Self {
            dir: dir.as_ref().to_owned(),
            durability: Durability::default(),
            workers: 1,
            clean_interval: CLEAN_INTERVAL,
        }
    }
}

/// The layout in the directory that this program reads and writes.
const CONTENTS: Contents = Contents {
    name: "streams-log",
    version: 1,
    advice: "choose another directory for the embedded log",
};

/// A durable log inside the process.
pub struct EmbeddedBroker {
    // Before the log, so that the thread has ended when the log closes.
    _cleaner: Cleaner,
    log: Arc<Log>,
    workers: usize,
}

impl EmbeddedBroker {
    /// Opens the log, which belongs to this process until the broker and all its clients are
    /// dropped.
    ///
    /// # Errors
    /// If the directory is in use, holds something else, or cannot be written; if the log in it is
    /// damaged.
    pub fn open(config: EmbeddedConfig) -> Result<Arc<Self>> {
        if config.workers == 0 {
            return Err(Error::config("an embedded log for 0 workers: at least 1 is needed"));
        }
        let directory = Directory::claim(&config.dir, CONTENTS)?;
        let log = Arc::new(Log::open(directory, config.durability)?);
        let cleaner = Cleaner::start(Arc::clone(&log), config.clean_interval)?;
        Ok(Arc::new(Self { _cleaner: cleaner, log, workers: config.workers }))
    }

    /// A producer without a group, to bring input in.
    pub fn loader(&self) -> Loader {
        Loader::new(&self.log)
    }

    /// Compacts a topic now, whatever its `cleanup.policy` would wait for.
    ///
    /// # Errors
    /// If the topic does not exist or is not compacted, or the log cannot be read or written.
    pub fn compact(&self, topic: &str) -> Result<()> {
        let topic = self.log.topic(topic)?;
        if !topic.cleanup.compact {
            let text = format!("topic {} is not compacted: see its cleanup.policy", topic.name);
            return Err(Error::config(text));
        }
        for number in 0..topic.partitions.len() as u32 {
            self.log.compact(&topic, number, producer::now_ms())?;
        }
        Ok(())
    }

    /// Applies retention and compaction now, as the cleaner does by and by.
    ///
    /// # Errors
    /// If the log cannot be read or written.
    pub fn clean(&self) -> Result<()> {
        self.log.clean()
    }

    /// The share of a worker: of each topic the partitions whose number is the worker's, modulo the
    /// number of workers, so that equal numbers of all topics are together.
    fn share(&self, options: &ClientOptions) -> Result<Vec<TopicPartition>> {
        if options.worker >= self.workers {
            return Err(Error::config(format!(
                "worker {} of an embedded log for {}",
                options.worker, self.workers
            )));
        }
        let mut share = Vec::new();
        for name in &options.topics {
            let topic = self.log.topic(name)?;
            let numbers = 0..topic.partitions.len() as u32;
            share.extend(numbers.skip(options.worker).step_by(self.workers).map(|n| topic.at(n)));
        }
        Ok(share)
    }
}

impl Broker for EmbeddedBroker {
    fn topics(&self, names: &[&str]) -> Result<Vec<Option<TopicSpec>>> {
        let topics = self.log.topics.read().unwrap_or_else(PoisonError::into_inner);
        Ok(names.iter().map(|name| topics.get(*name).map(|t| t.spec())).collect())
    }

    fn keeps_latest(&self, topic: &str) -> Result<bool> {
        let topics = self.log.topics.read().unwrap_or_else(PoisonError::into_inner);
        Ok(topics.get(topic).is_none_or(|t| t.cleanup.keeps_latest()))
    }

    fn create_topics(&self, topics: &[TopicSpec]) -> Result<()> {
        self.log.create_topics(topics)
    }

    fn delete_topics(&self, names: &[&str]) -> Result<()> {
        self.log.delete_topics(names)
    }

    fn delete_records(&self, before: &[(TopicPartition, i64)]) -> Result<()> {
        for (place, offset) in before {
            let topic = self.log.topic(&place.topic)?;
            self.log.delete_records(&topic, place.partition, *offset)?;
        }
        Ok(())
    }

    fn end_offsets(&self, partitions: &[TopicPartition]) -> Result<Vec<i64>> {
        self.log.end_offsets(partitions)
    }

    fn beginning_offsets(&self, partitions: &[TopicPartition]) -> Result<Vec<i64>> {
        self.log.beginning_offsets(partitions)
    }

    fn committed_with_times(
        &self,
        group: &str,
        partitions: &[TopicPartition],
    ) -> Result<Vec<Option<OffsetAndTime>>> {
        self.log.committed(group, partitions)
    }

    fn offsets_at(&self, partitions: &[TopicPartition], timestamp: i64) -> Result<Vec<i64>> {
        let at = |place: &TopicPartition| {
            let topic = self.log.topic(&place.topic)?;
            self.log.offset_at(&topic, place.partition, timestamp)
        };
        partitions.iter().map(at).collect()
    }

    /// None that this process does not know of: the directory is its own.
    fn active_members(&self, _group: &str) -> Result<usize> {
        Ok(0)
    }

    fn move_offsets(&self, group: &str, offsets: &[(TopicPartition, i64)]) -> Result<()> {
        let positions =
            offsets.iter().map(|(place, offset)| self.log.position(place, (*offset).into()));
        self.log.commit(&mut [], group, &positions.collect::<Result<Vec<_>>>()?)
    }

    fn client(&self, options: &ClientOptions) -> Result<(Box<dyn Client>, Box<dyn Membership>)> {
        let membership = Solo::new(self.share(options)?);
        Ok((Box::new(EmbeddedClient::new(&self.log, options)), Box::new(membership)))
    }

    fn reader(&self) -> Result<Box<dyn LogReader>> {
        Ok(Box::new(EmbeddedReader::new(&self.log)))
    }

    fn describe(&self) -> String {
        self.log.describe()
    }
}
