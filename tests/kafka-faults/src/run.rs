//! One run: a topology in three processes, input, faults; then what its readers see.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use streams::runtime::broker::kafka::{KafkaBroker, KafkaConfig};
use streams::runtime::broker::{Broker, TopicSpec};
use streams::runtime::{Error, Loader, Result, read_topic};
use streams::topology::{TopicRole, TopologyDescription};

use crate::broker::Cluster;
use crate::feed::{Feed, accounts};
use crate::network::Proxy;
use crate::process::{Process, Program, tail};
use crate::random::Random;
use crate::report::Run;
use crate::scenario::{SESSION, Scenario, Stage};
use crate::topologies::{Kind, Numbered, PROFILE, bank, count, join, pass, windowed};
use crate::verify::{Expected, Verifier, Violations};

/// What is common to the runs of a command.
pub struct Setup {
    /// The brokers' addresses.
    pub bootstrap: String,
    /// The program under test.
    pub app: PathBuf,
    /// Where state and logs go.
    pub dir: PathBuf,
    /// For the faults and their times.
    pub seed: u64,
    /// True: in transactions.
    pub exactly_once: bool,
    /// Records a second.
    pub rate: u32,
}

const PARTITIONS: i32 = 4;
const PROCESSES: usize = 3;

/// How long results may take after the last fault: what a dead process left open is waited for.
const COMPLETE: Duration = Duration::from_secs(120);

/// How long this program waits for a broker that is away.
const PATIENCE: Duration = Duration::from_secs(600);

/// Before the first fault.
const WARM: Duration = Duration::from_secs(3);

impl Setup {
    /// The guarantee's name.
    pub fn guarantee(&self) -> &'static str {
        if self.exactly_once { "exactly_once" } else { "at_least_once" }
    }

    /// Runs a topology under so many faults.
    ///
    /// # Errors
    /// If the faults cannot be brought about, or the results not be read.
    pub fn run(
        &self,
        scenario: Scenario,
        kind: Kind,
        faults: u64,
        cluster: Option<&mut Cluster>,
    ) -> Result<Run> {
        let started = Instant::now();
        let id = format!("{}-{}-{}", scenario.name(), kind.name(), unique());
        let mut config = KafkaConfig::new(&self.bootstrap);
        // The one who writes and reads here outlasts every fault.
        (config.commit_timeout, config.delivery_timeout) = (PATIENCE, PATIENCE);
        let log: Arc<dyn Broker> = Arc::new(KafkaBroker::new(config)?);
        let names = Names::new(&id);
        names.create(&*log)?;
        if kind == Kind::Join {
            let mut loader = Loader::new(&*log)?;
            for account in accounts() {
                let value = PROFILE.to_be_bytes();
                loader.append(&names.profiles, account.as_bytes(), Some(&value), 0)?;
            }
            loader.commit()?;
        }
        let proxy = match scenario.needs_proxy() {
            true => Some(Proxy::start(&self.addresses()?).map_err(edge)?),
            false => None,
        };
        let servers = proxy.as_ref().map_or_else(|| self.bootstrap.clone(), Proxy::address);
        let dir = self.dir.join(&id);
        std::fs::create_dir_all(&dir).map_err(edge)?;
        let program = Program {
            path: self.app.clone(),
            arguments: self.arguments(kind, &id, &names, &servers),
            dir,
        };
        let processes = (0..PROCESSES).map(|number| Process::start(&program, number, None));
        let mut stage = Stage {
            processes: processes.collect::<std::io::Result<Vec<_>>>().map_err(edge)?,
            program: &program,
            kind,
            exactly_once: self.exactly_once,
            proxy,
            cluster,
            random: Random::new(self.seed ^ (kind as u64) << 8 ^ (scenario as u64) << 16),
            faults: 0,
            not_reached: 0,
            ended: 0,
        };
        let feed = Feed::start(Arc::clone(&log), kind, names.events.clone(), self.rate);
        sleep(WARM);
        let played = stage.play(scenario, faults).map_err(edge);
        let (records, expected) = feed.stop()?;
        played?;
        self.wait_for_all(&*log, &mut stage, kind, &names, &expected)?;
        for process in &mut stage.processes {
            process.terminate().map_err(edge)?;
        }
        let violations = self.verify(&*log, kind, &id, &names, &expected)?;
        if violations == Violations::default() && stage.ended == 0 {
            names.delete(&*log)?;
        } else {
            for process in &stage.processes {
                eprintln!("{}:\n{}", process.log().display(), tail(&process.log(), 15));
            }
        }
        Ok(Run {
            scenario: scenario.name(),
            topology: kind.name(),
            faults: stage.faults,
            not_reached: stage.not_reached,
            ended: stage.ended,
            records,
            violations,
            seconds: started.elapsed().as_secs(),
        })
    }

    fn addresses(&self) -> Result<Vec<SocketAddr>> {
        let address = |text: &str| {
            text.parse().map_err(|_| {
                Error::config(format!("{text}: not a broker's address, as 127.0.0.1:PORT"))
            })
        };
        self.bootstrap.split(',').map(address).collect()
    }

    fn arguments(&self, kind: Kind, id: &str, names: &Names, servers: &str) -> Vec<String> {
        let session = SESSION.as_millis();
        let mut all = vec![kind.name().to_owned()];
        let settings = [
            ("brokers", servers.to_owned()),
            ("application_id", id.to_owned()),
            ("partitions", PARTITIONS.to_string()),
            ("processing_guarantee", self.guarantee().to_owned()),
            ("commit_interval_ms", "50".to_owned()),
            ("flush_interval_ms", "300".to_owned()),
            ("kafka.transaction_timeout_ms", "4000".to_owned()),
            ("kafka.consumer.session.timeout.ms", session.to_string()),
            ("kafka.consumer.heartbeat.interval.ms", "300".to_owned()),
            ("topics.events", names.events.clone()),
            ("topics.results", names.results.clone()),
        ];
        all.extend(settings.iter().map(|(key, value)| format!("{key}={value}")));
        if kind == Kind::Join {
            all.push(format!("topics.profiles={}", names.profiles));
        }
        all
    }

    /// Until nothing is missing, or the time is up: then it is lost.
    fn wait_for_all(
        &self,
        log: &dyn Broker,
        stage: &mut Stage<'_>,
        kind: Kind,
        names: &Names,
        expected: &Expected,
    ) -> Result<()> {
        let deadline = Instant::now() + COMPLETE;
        let goes_on = kind.counts() && !self.exactly_once;
        while Instant::now() < deadline {
            if results(log, kind, &names.results)?.missing(expected, goes_on) == 0 {
                return Ok(());
            }
            stage.revive().map_err(edge)?;
            sleep(Duration::from_millis(500));
        }
        Ok(())
    }

    fn verify(
        &self,
        log: &dyn Broker,
        kind: Kind,
        id: &str,
        names: &Names,
        expected: &Expected,
    ) -> Result<Violations> {
        let mut verifier = results(log, kind, &names.results)?;
        if !self.exactly_once {
            return Ok(verifier.at_least_once(expected, kind.counts()));
        }
        for (key, count) in rows(log, kind, id)? {
            verifier.row(expected, &key, count);
        }
        Ok(verifier.exactly_once(expected))
    }
}

/// The topics of a run.
struct Names {
    events: String,
    profiles: String,
    results: String,
}

impl Names {
    fn new(id: &str) -> Self {
        let name = |topic: &str| format!("{id}-{topic}");
        Self { events: name("events"), profiles: name("profiles"), results: name("results") }
    }

    fn all(&self) -> [&str; 3] {
        [&self.events, &self.profiles, &self.results]
    }

    fn create(&self, log: &dyn Broker) -> Result<()> {
        let spec = |name: &str| TopicSpec {
            name: name.to_owned(),
            partitions: PARTITIONS,
            config: BTreeMap::new(),
        };
        log.create_topics(&self.all().map(spec))
    }

    fn delete(&self, log: &dyn Broker) -> Result<()> {
        log.delete_topics(&self.all())
    }
}

/// What a reader sees by now.
fn results(log: &dyn Broker, kind: Kind, topic: &str) -> Result<Verifier> {
    let mut verifier = Verifier::default();
    let mut unreadable = None;
    read_topic(log, topic, |partition, record| {
        let (key, value) = (record.key.unwrap_or_default(), record.value.unwrap_or_default());
        let number = match kind.counts() {
            true => value.try_into().ok().map(i64::from_be_bytes).map(|n| (n, n)),
            false => serde_json::from_slice(value).ok().map(|Numbered { seq, nth }| (seq, nth)),
        };
        match number {
            Some((seq, nth)) => verifier.result(key, seq, nth),
            None => unreadable = Some(format!("{topic}-{partition}, offset {}", record.offset)),
        }
    })?;
    match unreadable {
        None => Ok(verifier),
        Some(place) => Err(Error::config(format!("{place}: not a result of this topology"))),
    }
}

/// The last row of each key in the changelog of the state, where it counts all events of a key.
fn rows(log: &dyn Broker, kind: Kind, id: &str) -> Result<BTreeMap<Vec<u8>, i64>> {
    let mut rows = BTreeMap::new();
    if !matches!(kind, Kind::Count | Kind::Bank) {
        return Ok(rows);
    }
    let role =
        |t: &&streams::topology::TopicDescription| matches!(t.role, TopicRole::Changelog { .. });
    let Some(topic) = description(kind).topics.iter().find(role) else { return Ok(rows) };
    read_topic(log, &topic.full_name(id), |_, record| {
        let (key, value) = (record.key.unwrap_or_default(), record.value.unwrap_or_default());
        let count = match kind {
            Kind::Count => value.try_into().ok().map(i64::from_be_bytes),
            _ => serde_json::from_slice::<serde_json::Value>(value)
                .ok()
                .and_then(|v| v.get("events")?.as_i64()),
        };
        rows.insert(key.to_vec(), count.unwrap_or(-1));
    })?;
    Ok(rows)
}

fn description(kind: Kind) -> &'static TopologyDescription {
    match kind {
        Kind::Pass => pass::app().description(),
        Kind::Count => count::app().description(),
        Kind::Windowed => windowed::app().description(),
        Kind::Join => join::app().description(),
        Kind::Bank => bank::app().description(),
    }
}

fn unique() -> String {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    format!("{}-{}", std::process::id(), since.as_millis())
}

/// An error of processes, files and sockets.
fn edge(e: std::io::Error) -> Error {
    Error::config(e.to_string())
}
