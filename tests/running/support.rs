//! Applications on a log, and what is in its topics.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use streams::runtime::broker::{Broker, TopicSpec};
use streams::runtime::{Config, Loader, Streams, read_topic};
use streams::{App, Topology};

/// An application with its state in a directory.
pub fn config(dir: &Path, threads: usize) -> Config {
    let mut config = Config::default();
    config.state_dir = dir.to_owned();
    config.threads = threads;
    config.commit_interval = Some(5);
    config
}

/// An application of its own on the broker for tests, and what its topics are called there.
pub fn on_kafka(dir: &Path, name: &str, topics: &[&str]) -> (Config, Vec<&'static str>) {
    let bootstrap = std::env::var("STREAMS_TEST_BOOTSTRAP").expect(
        "STREAMS_TEST_BOOTSTRAP is not set: `cargo xtask test` starts a broker, or start one with \
         `cargo xtask kafka up` and set the variable to the address that it prints",
    );
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    let id = format!("{name}-{}-{}", std::process::id(), since.as_nanos());
    let mut config = config(dir, 2);
    config.brokers = Some(bootstrap);
    config.commit_interval = Some(50);
    let mut names: Vec<&'static str> = Vec::new();
    for topic in topics {
        let full: &'static str = format!("{id}-{topic}").leak();
        config.topics.insert((*topic).to_owned(), full.to_owned());
        names.push(full);
    }
    config.application_id = Some(id);
    (config, names)
}

/// Makes topics with four partitions, where they are missing.
pub fn create(broker: &dyn Broker, topics: &[&str]) {
    create_with(broker, topics, &[]);
}

/// As [`create`], with a configuration.
pub fn create_with(broker: &dyn Broker, topics: &[&str], config: &[(&str, &str)]) {
    let config: BTreeMap<_, _> =
        config.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let spec =
        |name: &&str| TopicSpec { name: (*name).to_owned(), partitions: 4, config: config.clone() };
    broker.create_topics(&topics.iter().map(spec).collect::<Vec<_>>()).unwrap();
}

/// An update of a table of texts.
pub type Update<'a> = (&'a str, String, Option<String>, i64);

/// Appends updates to their topics, in order.
pub fn load<'a>(broker: &dyn Broker, updates: impl IntoIterator<Item = Update<'a>>) {
    let mut loader = Loader::new(broker).unwrap();
    for (topic, key, value, time) in updates {
        let value = value.as_ref().map(String::as_bytes);
        loader.append(topic, key.as_bytes(), value, time).unwrap();
    }
    loader.commit().unwrap();
}

/// Runs an application until everything that is there is processed.
pub fn run<T: Topology>(config: &Config, broker: &Arc<dyn Broker>) {
    let streams = Streams::start_on(&App::<T>::new(), config.clone(), broker.clone()).unwrap();
    streams.run_until_end(|_, _| {}).unwrap();
}

/// The rows of a table, from the updates in its topic.
pub fn table(broker: &dyn Broker, topic: &str) -> BTreeMap<String, String> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let mut rows = BTreeMap::new();
    read_topic(broker, topic, |_, record| {
        set(&mut rows, text(record.key.unwrap()), record.value.map(text));
    })
    .unwrap();
    rows
}

/// Sets a row, or deletes it.
pub fn set<V>(table: &mut BTreeMap<String, V>, key: String, value: Option<V>) {
    match value {
        Some(value) => table.insert(key, value),
        None => table.remove(&key),
    };
}

/// Numbers that look random, the same in every run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % end
    }
}
