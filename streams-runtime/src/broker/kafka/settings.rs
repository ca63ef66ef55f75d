//! Our settings of librdkafka, each with its reason. Measured on Kafka 4 with librdkafka 2.12.

use super::config::KafkaConfig;
use super::ffi::{Kind, millis};

/// Properties that a user cannot set: the runtime would lose or repeat records, or miss news.
pub(super) const RESERVED: &[&str] = &[
    "bootstrap.servers",
    "metadata.broker.list",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "group.remote.assignor",
    "partition.assignment.strategy",
    "enable.auto.commit",
    "auto.commit.enable",
    "enable.auto.offset.store",
    "auto.offset.reset",
    "enable.partition.eof",
    "acks",
    "request.required.acks",
    "enable.idempotence",
    "transactional.id",
    "transaction.timeout.ms",
    "isolation.level",
    "delivery.report.only.error",
    "allow.auto.create.topics",
];

/// What we set before the user's properties.
pub(super) fn defaults(kind: Kind, config: &KafkaConfig) -> Vec<(&'static str, String)> {
    let mut all: Vec<(&'static str, String)> = Vec::new();
    let mut add = |pairs: &[(&'static str, &str)]| {
        all.extend(pairs.iter().map(|(k, v)| (*k, (*v).to_owned())));
    };
    add(&[
        ("bootstrap.servers", &config.bootstrap_servers),
        // A topic that is missing is an error of ours, with words; it is never created by chance.
        ("allow.auto.create.topics", "false"),
        // A broker that comes back is found at once, and not by backing off for seconds.
        ("reconnect.backoff.ms", "20"),
        ("reconnect.backoff.max.ms", "1000"),
        ("retry.backoff.ms", "20"),
        // A partition without a known leader (a new topic) is asked for again so often.
        ("topic.metadata.refresh.fast.interval.ms", "20"),
    ]);
    match kind {
        Kind::Admin => {}
        Kind::Consumer | Kind::Reader | Kind::Onlooker => add(&[
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            // The runtime says where to start; a position that is gone is an error.
            ("auto.offset.reset", "error"),
            ("enable.partition.eof", "true"),
            // Of a transaction, nothing before its commit, and nothing of one that was aborted.
            ("isolation.level", "read_committed"),
            // The default of 1000 pauses a lagging partition for a second each time the local
            // queue is full: 154 k against 1.83 M records a second.
            ("fetch.queue.backoff.ms", "2"),
            ("fetch.error.backoff.ms", "50"),
            // Memory: what may lie fetched, per consumer.
            ("queued.max.messages.kbytes", "32768"),
        ]),
        Kind::Producer | Kind::Transactional => add(&[
            ("acks", "all"),
            ("enable.idempotence", "true"),
            ("linger.ms", "5"),
            ("batch.size", "1000000"),
            // What may wait to be written: by number as measured, by size as the consumer's.
            ("queue.buffering.max.messages", "500000"),
            ("queue.buffering.max.kbytes", "65536"),
            // Success is known from the flush; a report for each record costs CPU.
            ("delivery.report.only.error", "true"),
        ]),
    }
    match kind {
        Kind::Producer => {
            add(&[("message.timeout.ms", &millis(config.delivery_timeout).to_string())]);
        }
        // librdkafka takes the timeouts of records and requests from it.
        Kind::Transactional => {
            add(&[("transaction.timeout.ms", &millis(config.transaction_timeout).to_string())])
        }
        _ => {}
    }
    // A broker answers as soon as there is a byte. While it waits for one, a partition that is added
    // or resumed waits with it, and so does the news that the end is reached: not the default of 500.
    if kind == Kind::Reader {
        // It reads to the end, often of many partitions in turn, and is gone.
        add(&[("fetch.wait.max.ms", "10")]);
    }
    if kind == Kind::Consumer {
        add(&[
            ("fetch.wait.max.ms", "100"),
            ("group.protocol", "classic"),
            // Keeps partitions of the same number together, which co-partitioned inputs need;
            // `cooperative-sticky` does not.
            ("partition.assignment.strategy", "range"),
            // A member that dies is missed after 10 s; one that stops leaves at once.
            ("session.timeout.ms", "10000"),
            // Members learn of a rebalance by their next heartbeat: a second, not Kafka's three,
            // is how long a hand-over takes.
            ("heartbeat.interval.ms", "1000"),
        ]);
    }
    all
}
