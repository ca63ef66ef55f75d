//! Tests of the embedded log in one process; the kill tests are in `tests/embedded_log.rs`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod cleaning;
mod reading;
mod topics;

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use super::{EmbeddedBroker, EmbeddedConfig};
use crate::broker::{
    Append, Broker, Client, ClientOptions, Polled, Position, TopicPartition, TopicSpec,
};
use streams_core::Headers;

/// A topic to create: name, partitions, configuration.
type Wanted<'a> = (&'a str, i32, &'a [(&'a str, &'a str)]);

/// A record as it was read: partition, offset, key, value.
type Row = (i32, i64, Option<String>, Option<String>);

fn open(dir: &TempDir) -> Arc<EmbeddedBroker> {
    EmbeddedBroker::open(EmbeddedConfig::new(dir.path())).unwrap()
}

fn log_with(dir: &TempDir, topics: &[Wanted<'_>]) -> Arc<EmbeddedBroker> {
    let broker = open(dir);
    let spec = |(name, partitions, config): &Wanted<'_>| TopicSpec {
        name: (*name).to_owned(),
        partitions: *partitions,
        config: config.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
    };
    broker.create_topics(&topics.iter().map(spec).collect::<Vec<_>>()).unwrap();
    broker
}

fn at(topic: &str, partition: i32) -> TopicPartition {
    TopicPartition { topic: topic.into(), partition }
}

fn client(broker: &EmbeddedBroker, topics: &[&str]) -> Box<dyn Client> {
    let topics = topics.iter().map(|t| (*t).to_owned()).collect();
    let options = ClientOptions {
        application_id: "app".to_owned(),
        worker: 0,
        topics,
        transactional_id: None,
    };
    broker.client(&options).unwrap().0
}

fn append(client: &mut dyn Client, topic: &str, partition: i32, key: &str, value: Option<&str>) {
    append_at(client, topic, partition, 0, key, value);
}

fn append_at(
    client: &mut dyn Client,
    topic: &str,
    partition: i32,
    timestamp: i64,
    key: &str,
    value: Option<&str>,
) {
    let (topic, _) = client.writer(topic).unwrap();
    client
        .append(Append {
            topic,
            partition,
            timestamp,
            key: Some(key.as_bytes()),
            value: value.map(str::as_bytes),
            headers: Headers::EMPTY,
        })
        .unwrap();
}

fn commit(client: &mut dyn Client) {
    let _ = client.commit(&[]).unwrap();
}

/// What one poll hands out: records, and the partitions whose end was reported.
fn poll(client: &mut dyn Client, max: usize) -> (Vec<Row>, Vec<i32>) {
    let (mut rows, mut ends) = (Vec::new(), Vec::new());
    client.poll(Duration::ZERO, max, &mut |polled| take(polled, &mut rows, &mut ends)).unwrap();
    (rows, ends)
}

fn take(polled: Polled<'_>, rows: &mut Vec<Row>, ends: &mut Vec<i32>) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    match polled {
        Polled::Record { partition, record, .. } => {
            rows.push((partition, record.offset, record.key.map(text), record.value.map(text)));
        }
        Polled::End { partition, .. } => ends.push(partition),
    }
}

/// Everything in a partition from a position on.
fn read(broker: &EmbeddedBroker, topic: &str, partition: i32, from: Position) -> Vec<Row> {
    let mut reader = broker.reader().unwrap();
    reader.assign(&[(at(topic, partition), from)]).unwrap();
    let (mut rows, mut ends) = (Vec::new(), Vec::new());
    while ends.is_empty() {
        reader
            .poll(Duration::from_secs(10), 7, &mut |polled| take(polled, &mut rows, &mut ends))
            .unwrap();
    }
    rows
}

fn row(partition: i32, offset: i64, key: &str, value: &str) -> Row {
    (partition, offset, Some(key.to_owned()), Some(value.to_owned()))
}
