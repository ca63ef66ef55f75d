//! Topologies of the language on the embedded log: what needs threads, a clock or commits.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod calls;
mod dead_letters;
mod guarantee;
mod named_topics;
mod punctuation;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use streams::runtime::broker::{Broker, TopicSpec};
use streams::runtime::{Config, Loader, Streams, broker_for, read_topic};
use streams::topology::App;
use streams::{HeaderBuf, Topology};

/// How long anything may take before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(60);

fn config(dir: &Path) -> Config {
    let mut config = Config::new();
    config.state_dir = dir.to_owned();
    config.threads = 2;
    config.commit_interval = Some(20);
    config
}

fn open<T: Topology>(config: &Config) -> Arc<dyn Broker> {
    broker_for(&App::<T>::new(), config).unwrap()
}

fn start<T: Topology>(config: &Config, broker: &Arc<dyn Broker>) -> Streams {
    Streams::start_on(&App::<T>::new(), config.clone(), Arc::clone(broker)).unwrap()
}

fn create(broker: &dyn Broker, topic: &str, partitions: i32) {
    let spec = TopicSpec { name: topic.to_owned(), partitions, config: Default::default() };
    broker.create_topics(&[spec]).unwrap();
}

/// Appends keys and values, in this order, with their numbers as timestamps.
fn load<'r>(broker: &dyn Broker, topic: &str, records: impl Iterator<Item = (&'r str, &'r [u8])>) {
    create(broker, topic, 4);
    let mut loader = Loader::new(broker).unwrap();
    for (n, (key, value)) in records.enumerate() {
        loader.append(topic, key.as_bytes(), Some(value), n as i64).unwrap();
    }
    loader.commit().unwrap();
}

/// A record of a topic, without its place.
struct Read {
    key: String,
    value: Vec<u8>,
    headers: HeaderBuf,
}

fn read(broker: &dyn Broker, topic: &str) -> Vec<Read> {
    let mut records = Vec::new();
    if broker.topics(&[topic]).unwrap()[0].is_none() {
        return records;
    }
    read_topic(broker, topic, |_, record| {
        records.push(Read {
            key: String::from_utf8(record.key.unwrap_or(b"-").to_vec()).unwrap(),
            value: record.value.unwrap_or(b"-").to_vec(),
            headers: record.headers.to_buf(),
        });
    })
    .unwrap();
    records
}

/// Waits until something holds.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited for {what}");
        std::thread::yield_now();
    }
}
