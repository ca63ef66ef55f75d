//! Configuration: defaults, overridden by a file, by the environment, by flags.
//!
//! Every key has one name: `commit_interval_ms` in the file, `STREAMS_COMMIT_INTERVAL_MS` in the
//! environment, `--commit-interval-ms` or `--set commit_interval_ms=…` as a flag. A key that is not
//! known is an error wherever it comes from.

mod http;
mod key;
mod layers;
mod properties;
mod schema_registry;
mod secret;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

pub use http::HttpConfig;
pub use layers::Layers;
pub use properties::Properties;
pub use schema_registry::SchemaRegistryConfig;
pub use secret::Secret;

use crate::error::{Error, Result};
use crate::restore::Listener;

/// How a topology is run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Config {
    /// The group, and the prefix of internal topics; the topology's name unless set.
    pub application_id: Option<String>,
    /// Bootstrap servers of a Kafka cluster, `HOST:PORT,…`; without, the embedded log is used.
    pub brokers: Option<String>,
    /// Where state (and the embedded log) is kept.
    pub state_dir: PathBuf,
    /// Worker threads, each with its own consumer and producer (Kafka Streams'
    /// `num.stream.threads`).
    pub threads: usize,
    /// Partitions of topics that are created and have none declared.
    pub partitions: i32,
    /// True if missing sources and sinks are created on Kafka, too; on the embedded log they always
    /// are.
    pub create_topics: bool,
    /// What a crash may do to results on Kafka (Kafka Streams' `processing.guarantee`). The embedded
    /// log is exactly once in any case.
    pub processing_guarantee: Guarantee,
    /// Time between commits, in milliseconds; see [`commit_interval_ms`](Self::commit_interval_ms).
    #[serde(rename = "commit_interval_ms")]
    pub commit_interval: Option<u64>,
    /// Time after which state goes to disk, in milliseconds. A crash replays the changelog from
    /// there.
    pub flush_interval_ms: u64,
    /// How long a task waits for an empty input, in milliseconds (Kafka Streams'
    /// `max.task.idle.ms`).
    pub max_task_idle_ms: i64,
    /// Memory for rows of all stores in this process, in bytes.
    pub state_cache_max_bytes: usize,
    /// Bytes of results and changes of stores in this process that bring a commit before its time
    /// (Kafka Streams' `statestore.uncommitted.max.bytes`, with the results).
    pub uncommitted_max_bytes: usize,
    /// Memory of RocksDB under the stores of this process, in bytes.
    pub rocksdb_max_bytes: usize,
    /// Options of RocksDB under the stores, by its own names: `max_background_jobs`, `compression` …
    /// (Kafka Streams' `rocksdb.config.setter`). They go over ours.
    pub rocksdb: Properties,
    /// What a commit to the embedded log survives.
    pub durability: Durability,
    /// Records of a partition that wait in memory before it is paused (Kafka Streams'
    /// `buffered.records.per.partition`).
    pub buffered_records_per_partition: usize,
    /// Names on the broker of topics that are called otherwise in the topology.
    pub topics: BTreeMap<String, String>,
    /// The schema registry.
    pub schema_registry: SchemaRegistryConfig,
    /// Monitoring over HTTP.
    pub http: HttpConfig,
    /// What concerns Kafka only.
    pub kafka: KafkaConfig,
    /// Hears of the restores of stores. The program that [`run_from_args`] makes draws a bar in a
    /// terminal.
    ///
    /// [`run_from_args`]: crate::AppExt::run_from_args
    #[serde(skip)]
    pub restore_listener: Option<Listener>,
}

/// What a crash may do to results on Kafka.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guarantee {
    /// Results, changelogs and offsets are one transaction: every record counts once.
    #[default]
    ExactlyOnce,
    /// Nothing is lost; a crash repeats what was done since the last commit.
    AtLeastOnce,
}

/// What a commit to the embedded log survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// The end of the process, not that of the machine.
    #[default]
    Process,
    /// Power failure too.
    Fsync,
}

/// What concerns Kafka only. Properties are librdkafka's, by their own names, and never printed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct KafkaConfig {
    /// For every connection: TLS, SASL ….
    pub properties: Properties,
    /// For consumers only.
    pub consumer: Properties,
    /// For producers only.
    pub producer: Properties,
    /// Replication factor of topics that are created; −1 is the brokers' default.
    pub replication_factor: i32,
    /// How long a transaction may be open, in milliseconds, before the cluster aborts it
    /// (`transaction.timeout.ms`). What a process that died had open holds up readers for so long,
    /// unless the process comes back.
    pub transaction_timeout_ms: u64,
    /// How long a request about topics, offsets or transactional ids may take, in milliseconds.
    pub request_timeout_ms: u64,
    /// How long a commit may take, in milliseconds.
    pub commit_timeout_ms: u64,
    /// How long a record may wait to be written, in milliseconds, at least once; exactly once it is
    /// the transaction's time.
    pub delivery_timeout_ms: u64,
}

/// Commits on the embedded log are one local write, and cost little; in transactions results are seen
/// only then, so that the interval is their latency, as in Kafka Streams.
const COMMIT_INTERVAL_ATOMIC_MS: u64 = 100;

/// At least once, a crash repeats what was done since the last commit. Kafka Streams' 30 s was
/// chosen when a commit wrote every store to disk; here it is a flush of the producer and one
/// request, so a second costs below a percent and repeats little.
const COMMIT_INTERVAL_AT_LEAST_ONCE_MS: u64 = 1000;

impl Default for Config {
    fn default() -> Self {
        Self {
            application_id: None,
            brokers: None,
            state_dir: PathBuf::from("streams-data"),
            threads: 1,
            partitions: 4,
            create_topics: false,
            processing_guarantee: Guarantee::default(),
            commit_interval: None,
            flush_interval_ms: 10_000,
            max_task_idle_ms: 0,
            state_cache_max_bytes: 256 << 20,
            uncommitted_max_bytes: 64 << 20,
            rocksdb_max_bytes: 64 << 20,
            rocksdb: Properties::default(),
            durability: Durability::default(),
            buffered_records_per_partition: 1000,
            topics: BTreeMap::new(),
            schema_registry: SchemaRegistryConfig::default(),
            http: HttpConfig::default(),
            kafka: KafkaConfig::default(),
            restore_listener: None,
        }
    }
}

impl Default for KafkaConfig {
    fn default() -> Self {
        Self {
            properties: Properties::default(),
            consumer: Properties::default(),
            producer: Properties::default(),
            replication_factor: -1,
            transaction_timeout_ms: 10_000,
            request_timeout_ms: 30_000,
            commit_timeout_ms: 60_000,
            delivery_timeout_ms: 120_000,
        }
    }
}

/// Shorter than a second a healthy cluster is missed; longer than an hour a worker just hangs.
const TIMEOUTS_MS: std::ops::RangeInclusive<u64> = 1000..=3_600_000;

/// More threads than this are a mistake rather than a wish.
const MAX_THREADS: usize = 1024;

impl Config {
    /// The defaults: the embedded log in `streams-data`, one worker thread.
    pub fn new() -> Self {
        Self::default()
    }

    /// Time between commits, in milliseconds: as set, or 100 exactly once and 1000 at least once.
    pub fn commit_interval_ms(&self) -> u64 {
        let at_least_once = self.brokers.is_some() && !self.is_transactional();
        self.commit_interval.unwrap_or(match at_least_once {
            false => COMMIT_INTERVAL_ATOMIC_MS,
            true => COMMIT_INTERVAL_AT_LEAST_ONCE_MS,
        })
    }

    /// True if commits are Kafka's transactions.
    pub(crate) fn is_transactional(&self) -> bool {
        self.brokers.is_some() && self.is_exactly_once()
    }

    /// True if they are, or would be on Kafka.
    pub(crate) fn is_exactly_once(&self) -> bool {
        self.processing_guarantee == Guarantee::ExactlyOnce
    }

    /// Refuses values that make no sense.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) that names the key.
    pub fn validate(&self) -> Result<()> {
        let refuse = |text: String| Err(Error::config(text));
        if !(1..=MAX_THREADS).contains(&self.threads) {
            return refuse(format!("threads = {}: 1 to {MAX_THREADS} are possible", self.threads));
        }
        if self.partitions < 1 {
            return refuse(format!("partitions = {}: at least 1 is needed", self.partitions));
        }
        if self.buffered_records_per_partition == 0 {
            return refuse("buffered_records_per_partition = 0: at least 1 is needed".into());
        }
        if self.max_task_idle_ms < -1 {
            return refuse(format!(
                "max_task_idle_ms = {}: -1 (do not wait), 0 or more is possible",
                self.max_task_idle_ms
            ));
        }
        let (commits, transaction) = (self.commit_interval_ms(), self.kafka.transaction_timeout_ms);
        if self.is_transactional() && commits >= transaction {
            return refuse(format!(
                "commit_interval_ms = {commits}: a transaction may be open for \
                 kafka.transaction_timeout_ms = {transaction} only; commit more often, or raise it"
            ));
        }
        let times = [
            ("transaction_timeout_ms", transaction),
            ("request_timeout_ms", self.kafka.request_timeout_ms),
            ("commit_timeout_ms", self.kafka.commit_timeout_ms),
            ("delivery_timeout_ms", self.kafka.delivery_timeout_ms),
        ];
        for (key, ms) in times {
            if !TIMEOUTS_MS.contains(&ms) {
                return refuse(format!(
                    "kafka.{key} = {ms}: {} to {} are possible",
                    TIMEOUTS_MS.start(),
                    TIMEOUTS_MS.end()
                ));
            }
        }
        if let Some(id) = &self.application_id {
            let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            if id.is_empty() || !id.chars().all(fine) {
                return refuse(format!(
                    "application_id = \"{id}\": it begins topic names, so only letters, digits, \
                     `.`, `_` and `-` are possible"
                ));
            }
        }
        Ok(())
    }
}
