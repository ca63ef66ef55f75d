//! Loading: a file, checked as a whole before anything is processed, or generated records.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use streams::runtime::broker::{Broker, TopicPartition};
use streams::runtime::{Config, Error, ErrorKind, Loader, Result};

use super::Record;

/// Calls `each` with the record of every line; blank lines are passed over.
fn lines(
    path: &Path,
    parse: fn(&str) -> std::result::Result<Record, String>,
    mut each: impl FnMut(Record) -> Result<()>,
) -> Result<()> {
    let shown = path.display();
    let unreadable = |e: std::io::Error| {
        Error::with_source(ErrorKind::Config, format!("{shown} cannot be read: {e}"), e)
    };
    let file = BufReader::new(File::open(path).map_err(unreadable)?);
    for (number, line) in file.lines().enumerate() {
        let line = line.map_err(unreadable)?;
        if line.trim().is_empty() {
            continue;
        }
        let record = parse(&line)
            .map_err(|e| Error::config(format!("{shown}, line {}: {e}", number + 1)))?;
        each(record)?;
    }
    Ok(())
}

/// What a topic of the topology is called on the broker (`--set topics.NAME=OTHER`).
pub(super) fn topic_name(config: &Config, topic: &str) -> String {
    config.topics.get(topic).map_or(topic, String::as_str).to_owned()
}

/// Reads the whole file, to find what is wrong with it before anything is processed.
pub(super) fn check(
    path: &Path,
    parse: fn(&str) -> std::result::Result<Record, String>,
) -> Result<()> {
    lines(path, parse, |_| Ok(()))
}

/// Brings records into the topics. A run that was ended while it loaded is gone on with: of each
/// partition, as many records are passed over as it has already.
pub(super) struct Feed {
    loader: Loader,
    /// Records that are in the partitions already, by topic.
    there: BTreeMap<&'static str, Vec<i64>>,
    /// What the topics are called on the broker.
    called: BTreeMap<&'static str, String>,
}

impl Feed {
    pub(super) fn new(
        broker: &Arc<dyn Broker>,
        config: &Config,
        topics: &[&'static str],
    ) -> Result<Self> {
        let called: BTreeMap<_, _> =
            topics.iter().map(|topic| (*topic, topic_name(config, topic))).collect();
        let asked: Vec<&str> =
            topics.iter().filter_map(|t| called.get(t)).map(String::as_str).collect();
        let specs = broker.topics(&asked)?;
        let mut there = BTreeMap::new();
        for (name, spec) in topics.iter().zip(specs) {
            let partitions = spec.map_or(0, |s| s.partitions);
            let topic: Arc<str> = topic_name(config, name).into();
            let places: Vec<TopicPartition> = (0..partitions)
                .map(|partition| TopicPartition { topic: Arc::clone(&topic), partition })
                .collect();
            there.insert(*name, broker.end_offsets(&places)?);
        }
        Ok(Self { loader: Loader::new(&**broker)?, there, called })
    }

    /// True if no topic has a record.
    pub(super) fn is_empty(&self) -> bool {
        self.there.values().flatten().all(|n| *n == 0)
    }

    /// Loads a record, unless it is there already.
    fn load(&mut self, record: &Record) -> Result<()> {
        let key = record.key.as_bytes();
        let called = self.called.get(record.topic).map_or(record.topic, String::as_str);
        let partition = self.loader.partition(called, key)?;
        let there = self.there.get_mut(record.topic);
        if let Some(left) = there.and_then(|t| t.get_mut(partition as usize))
            && *left > 0
        {
            *left -= 1;
            return Ok(());
        }
        self.loader.append(called, key, Some(&record.value), record.timestamp)
    }

    /// Loads a file.
    pub(super) fn file(
        &mut self,
        path: &Path,
        parse: fn(&str) -> std::result::Result<Record, String>,
    ) -> Result<()> {
        lines(path, parse, |record| self.load(&record))?;
        self.loader.commit()
    }

    /// Loads generated records.
    pub(super) fn generated(&mut self, records: impl Iterator<Item = Record>) -> Result<()> {
        for record in records {
            self.load(&record)?;
        }
        self.loader.commit()
    }
}
