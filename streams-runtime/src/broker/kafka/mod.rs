//! Apache Kafka, through librdkafka.
//!
//! [`KafkaBroker`] keeps one connection for questions about topics and offsets; a worker's client
//! has a consumer and a producer of its own. Exactly once, records and offsets are one transaction; at
//! least once, records are flushed, then offsets are committed. Both as a member of the group.

mod admin;
mod client;
mod config;
mod consumer;
mod deliver;
mod early;
mod failure;
pub(crate) mod ffi;
mod pause;
mod producer;
mod reader;
mod settings;
mod times;
mod transaction;
mod transactional;

pub use config::KafkaConfig;

use std::sync::Arc;

use self::admin::Admin;
use self::ffi::{Kind, OffsetSpec};
use self::reader::KafkaReader;
use super::{Broker, Client, ClientOptions, LogReader, OffsetAndTime, TopicPartition, TopicSpec};
use crate::error::Result;
use crate::group::Membership;

/// A Kafka cluster.
#[derive(Clone)]
pub struct KafkaBroker {
    config: Arc<KafkaConfig>,
    admin: Arc<Admin>,
}

impl KafkaBroker {
    /// Checks the configuration and begins to connect, in the background.
    ///
    /// # Errors
    /// Of kind [`Config`](crate::ErrorKind::Config): an unknown property, one that the runtime sets
    /// itself, a value that librdkafka does not take.
    pub fn new(config: KafkaConfig) -> Result<Self> {
        for kind in [Kind::Consumer, Kind::Producer] {
            config.conf(kind, &[])?;
        }
        let config = Arc::new(config);
        let admin = Arc::new(Admin::new(Arc::clone(&config))?);
        Ok(Self { config, admin })
    }
}

impl std::fmt::Debug for KafkaBroker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaBroker").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Broker for KafkaBroker {
    fn topics(&self, names: &[&str]) -> Result<Vec<Option<TopicSpec>>> {
        self.admin.topics(names)
    }

    fn keeps_latest(&self, topic: &str) -> Result<bool> {
        self.admin.keeps_latest(topic)
    }

    fn create_topics(&self, topics: &[TopicSpec]) -> Result<()> {
        self.admin.create_topics(topics)
    }

    fn delete_topics(&self, names: &[&str]) -> Result<()> {
        self.admin.delete_topics(names)
    }

    fn delete_records(&self, before: &[(TopicPartition, i64)]) -> Result<()> {
        self.admin.delete_records(before)
    }

    fn end_offsets(&self, partitions: &[TopicPartition]) -> Result<Vec<i64>> {
        self.admin.offsets(partitions, OffsetSpec::Latest)
    }

    fn beginning_offsets(&self, partitions: &[TopicPartition]) -> Result<Vec<i64>> {
        self.admin.offsets(partitions, OffsetSpec::Earliest)
    }

    fn committed_with_times(
        &self,
        group: &str,
        partitions: &[TopicPartition],
    ) -> Result<Vec<Option<OffsetAndTime>>> {
        self.admin.committed(group, partitions)
    }

    fn offsets_at(&self, partitions: &[TopicPartition], timestamp: i64) -> Result<Vec<i64>> {
        self.admin.offsets_at(partitions, timestamp)
    }

    fn active_members(&self, group: &str) -> Result<usize> {
        self.admin.active_members(group)
    }

    fn move_offsets(&self, group: &str, offsets: &[(TopicPartition, i64)]) -> Result<()> {
        self.admin.move_offsets(group, offsets)
    }

    fn client(&self, options: &ClientOptions) -> Result<(Box<dyn Client>, Box<dyn Membership>)> {
        client::open(&self.config, &self.admin, options)
    }

    fn reader(&self) -> Result<Box<dyn LogReader>> {
        Ok(Box::new(KafkaReader::open(&self.config)?))
    }

    fn describe(&self) -> String {
        format!("kafka at {}", self.config.bootstrap_servers)
    }
}
