//! Faults on the embedded log.

pub(crate) mod damage;
pub(crate) mod full_disk;
pub(crate) mod kills;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use streams::runtime::broker::embedded::{EmbeddedBroker, EmbeddedConfig};
use streams::runtime::broker::{Broker, TopicSpec};
use streams::runtime::{Loader, read_topic};

use crate::failure::{Failure, Result};
use crate::process::Application;
use crate::topologies::Name;
use crate::verdict::Violations;
use crate::workload::{Event, Events, Outputs};

/// Partitions of the topics.
const PARTITIONS: i32 = 4;

/// Short intervals, so that faults meet commits and flushes.
const SETTINGS: [&str; 3] = ["commit_interval_ms=10", "flush_interval_ms=40", "threads=2"];

/// One application on an embedded log, with what it was given to read.
struct Subject {
    topology: Name,
    seed: u64,
    dir: PathBuf,
    events: Events,
    given: Vec<Event>,
}

impl Subject {
    /// A new one, with its tables.
    fn new(topology: Name, seed: u64, dir: &Path) -> Result<Self> {
        let subject = Self {
            topology,
            seed,
            dir: dir.to_owned(),
            events: Events::new(seed),
            given: Vec::new(),
        };
        let workload = topology.workload();
        let broker = subject.open()?;
        let spec = |name: &&str| TopicSpec {
            name: (*name).to_owned(),
            partitions: PARTITIONS,
            config: BTreeMap::new(),
        };
        broker.create_topics(&workload.inputs().iter().map(spec).collect::<Vec<_>>())?;
        let mut loader = Loader::new(&*broker)?;
        for row in workload.tables(seed) {
            let (key, value) = (row.key.as_bytes(), row.value.as_bytes());
            loader.append(row.topic, key, Some(value), row.timestamp)?;
        }
        loader.commit()?;
        Ok(subject)
    }

    /// The application's log, of which this process is the owner until it is dropped.
    fn open(&self) -> Result<Arc<EmbeddedBroker>> {
        let dir = self.dir.join(self.topology.workload().application()).join("log");
        Ok(EmbeddedBroker::open(EmbeddedConfig::new(dir))?)
    }

    /// Gives it this many more events to read. They count as given when the log has taken them.
    fn give(&mut self, count: usize) -> Result<()> {
        let workload = self.topology.workload();
        let events: Vec<Event> = self.events.by_ref().take(count).collect();
        let broker = self.open()?;
        let mut loader = Loader::new(&*broker)?;
        for event in &events {
            let input = workload.event(event);
            let (key, value) = (input.key.as_bytes(), input.value.as_bytes());
            loader.append(input.topic, key, Some(value), input.timestamp)?;
        }
        loader.commit()?;
        self.given.extend(events);
        Ok(())
    }

    fn application<'a>(&self, dir: &'a Path) -> Application<'a> {
        Application {
            topology: self.topology,
            state_dir: dir,
            log: std::env::temp_dir().join(format!("faults-{}.log", std::process::id())),
            settings: &SETTINGS,
        }
    }

    /// What came out so far.
    fn outputs(&self) -> Result<Outputs> {
        let workload = self.topology.workload();
        let broker = self.open()?;
        let mut outputs = Outputs::new();
        if broker.topics(&[workload.output()])?.iter().all(Option::is_none) {
            return Ok(outputs);
        }
        read_topic(&*broker, workload.output(), |_, record| {
            let (key, value) = workload.output_text(&record);
            outputs.entry(key).or_default().push(value);
        })?;
        Ok(outputs)
    }

    /// Compares what came out with the fold of what was given.
    fn verify(&self) -> Result<Violations> {
        let expected = self.topology.workload().expected(self.seed, &self.given);
        Ok(Violations::between(&expected, &self.outputs()?))
    }
}

fn temporary() -> Result<tempfile::TempDir> {
    tempfile::tempdir().map_err(|e| Failure::new(format!("a temporary directory: {e}")))
}

/// The share of each of `parts` in `whole`, the first having what remains.
fn shares(whole: u32, parts: usize) -> impl Iterator<Item = u32> {
    let parts = parts.max(1) as u32;
    (0..parts).map(move |part| whole / parts + u32::from(part < whole % parts))
}
