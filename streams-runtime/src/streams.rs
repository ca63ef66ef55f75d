//! A running application.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use streams_core::topology::{App, Topology, TopologyDescription};

use crate::broker::embedded::{EmbeddedBroker, EmbeddedConfig};
use crate::broker::kafka::{self, KafkaBroker};
use crate::broker::{Broker, TopicPartition, TopicSpec};
use crate::config::{Config, Durability};
use crate::error::{Error, ErrorKind, Result};
use crate::monitoring::{State, Status};
use crate::plan::{Plan, Rules};
use crate::progress::Progress;
use crate::query::Queries;
use crate::registry::Registry;
use crate::shared::Shared;
use crate::store::rocksdb::{StateDir, StateOptions};
use crate::until_end::{Offsets, UntilEnd};
use crate::{global, monitoring, signal, worker};

/// The worker threads of a topology in this process.
///
/// Dropping it asks them to stop and waits for that.
pub struct Streams {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    server: Option<monitoring::Server>,
}

/// How long a topic that is missing may be one that was created just now.
const NEWS: Duration = Duration::from_secs(2);

/// The directory of an application under `state_dir`.
fn directory(config: &Config, application_id: &str) -> PathBuf {
    config.state_dir.join(application_id)
}

/// Where the state of an application lies.
pub(crate) fn state_directory(config: &Config, application_id: &str) -> PathBuf {
    directory(config, application_id).join("state")
}

/// The application id: as configured, or the topology's name.
pub(crate) fn application_id<'a>(config: &'a Config, topology: &'a TopologyDescription) -> &'a str {
    config.application_id.as_deref().unwrap_or(topology.name)
}

/// The log that a configuration names: Kafka with `brokers`, otherwise the embedded one.
///
/// # Errors
/// If it cannot be opened, or its configuration is wrong.
pub fn broker_for<T: Topology>(app: &App<T>, config: &Config) -> Result<Arc<dyn Broker>> {
    let id = application_id(config, app.description());
    let Some(brokers) = &config.brokers else {
        let mut embedded = EmbeddedConfig::new(directory(config, id).join("log"));
        embedded.workers = config.threads;
        embedded.durability = match config.durability {
            Durability::Process => crate::broker::embedded::Durability::Process,
            Durability::Fsync => crate::broker::embedded::Durability::Fsync,
        };
        return Ok(EmbeddedBroker::open(embedded)?);
    };
    let mut kafka = kafka::KafkaConfig::new(brokers.clone());
    kafka.replication_factor = config.kafka.replication_factor;
    kafka.transaction_timeout = Duration::from_millis(config.kafka.transaction_timeout_ms);
    kafka.request_timeout = Duration::from_millis(config.kafka.request_timeout_ms);
    kafka.commit_timeout = Duration::from_millis(config.kafka.commit_timeout_ms);
    kafka.delivery_timeout = Duration::from_millis(config.kafka.delivery_timeout_ms);
    let sides = [
        ("", &config.kafka.properties),
        ("consumer.", &config.kafka.consumer),
        ("producer.", &config.kafka.producer),
    ];
    for (prefix, properties) in sides {
        for (name, value) in properties.iter() {
            kafka.properties.insert(format!("{prefix}{name}"), value.to_owned());
        }
    }
    Ok(Arc::new(KafkaBroker::new(kafka)?))
}

/// Looks at the topics, creates those that are missing and may be created, and plans the tasks.
pub(crate) fn prepare(
    topology: &'static TopologyDescription,
    config: &Config,
    broker: &dyn Broker,
    create: bool,
) -> Result<Plan> {
    let id = application_id(config, topology);
    let described = broker.describe();
    let rules = Rules {
        application_id: id,
        partitions: config.partitions,
        create_topics: config.create_topics || config.brokers.is_none(),
        broker: &described,
        names: &config.topics,
    };
    let names: Vec<String> = topology.topics.iter().map(|t| rules.name(t)).collect();
    let unknown: Vec<&String> =
        config.topics.keys().filter(|k| !topology.topics.iter().any(|t| t.name == **k)).collect();
    if let Some(unknown) = unknown.first() {
        return Err(Error::config(format!(
            "topics.{unknown}: the topology has no topic of this name"
        )));
    }
    let asked: Vec<&str> = names.iter().map(String::as_str).collect();
    let asked_at = Instant::now();
    let (plan, missing) = loop {
        let existing: BTreeMap<String, i32> =
            broker.topics(&asked)?.into_iter().flatten().map(|t| (t.name, t.partitions)).collect();
        match Plan::new(topology, &existing, rules) {
            // One that was created just now is news to some broker of a cluster.
            Err(_) if config.brokers.is_some() && asked_at.elapsed() < NEWS => {
                std::thread::sleep(LOOK);
            }
            planned => break planned?,
        }
    };
    if create && !missing.is_empty() {
        broker.create_topics(&missing)?;
    }
    keep_their_rows(&plan, broker, &missing)?;
    Ok(plan)
}

/// Refuses tables whose rows are to come back from their topics, if the topics lose them.
fn keep_their_rows(plan: &Plan, broker: &dyn Broker, missing: &[TopicSpec]) -> Result<()> {
    let mut losing = Vec::new();
    for topic in plan.source_changelogs() {
        if !missing.iter().any(|m| m.name == topic) && !broker.keeps_latest(topic)? {
            losing.push(topic);
        }
    }
    match losing.is_empty() {
        true => Ok(()),
        false => Err(Error::config(format!(
            "topic {} is the changelog of a table (`changelog = source`) and deletes records that may \
             be the latest of their keys: set its cleanup.policy to compact, or leave `changelog = \
             source` out",
            losing.join(" and topic ")
        ))),
    }
}

/// Refuses to run a topology with less than its `guarantee`. The embedded log knows nothing less than
/// exactly once.
fn keeps_its_guarantee<T: Topology>(app: &App<T>, config: &Config) -> Result<()> {
    if T::EXACTLY_ONCE && config.brokers.is_some() && !config.is_transactional() {
        return Err(Error::config(format!(
            "topology {} asks for `guarantee = exactly_once`, and `processing_guarantee` is \
             at_least_once: take the one or the other out",
            app.description().name
        )));
    }
    Ok(())
}

impl Streams {
    /// Checks topics and configuration, then starts the workers.
    ///
    /// # Errors
    /// Everything that does not fit, before a record is processed.
    pub fn start<T: Topology>(app: &App<T>, config: Config) -> Result<Self> {
        // Before the broker is asked for anything.
        keeps_its_guarantee::<T>(app, &config)?;
        let broker = broker_for(app, &config)?;
        Self::start_on(app, config, broker)
    }

    /// As [`start`](Self::start), on a log that is open already: for programs that load its topics
    /// before, or read them after.
    ///
    /// # Errors
    /// Everything that does not fit, before a record is processed.
    pub fn start_on<T: Topology>(
        app: &App<T>,
        config: Config,
        broker: Arc<dyn Broker>,
    ) -> Result<Self> {
        config.validate()?;
        let topology = app.description();
        keeps_its_guarantee::<T>(app, &config)?;
        let plan = prepare(topology, &config, &*broker, true)?;
        let registry = Registry::of::<T>(&config, &plan)?;
        if let Some(registry) = &registry {
            registry.register()?;
        }
        let options = StateOptions {
            memory_bytes: config.rocksdb_max_bytes,
            rocksdb: config.rocksdb.clone(),
        };
        let id = application_id(&config, topology);
        let state = StateDir::open(&state_directory(&config, id), &options)?;
        tracing::info!(
            "application {id} on {}, {}, {} worker thread(s)",
            broker.describe(),
            state.describe(),
            config.threads
        );
        let threads = config.threads;
        let shared =
            Arc::new(Shared::new(topology, plan, config, broker, state, registry, T::globals()));
        let mut streams = Self { shared: Arc::clone(&shared), workers: Vec::new(), server: None };
        // Before what may take long.
        streams.server = monitoring::start(&shared)?;
        monitoring::describe();
        streams.load_globals()?;
        for number in 0..threads {
            let shared = Arc::clone(&shared);
            let thread = std::thread::Builder::new().name(format!("streams-worker-{number}"));
            let spawned = thread.spawn(move || {
                shared.enter_schemas();
                worker::run::<T>(&shared, number);
            });
            match spawned {
                Ok(handle) => streams.workers.push(handle),
                Err(e) => {
                    let text = format!("worker thread {number} cannot be started: {e}");
                    return Err(Error::with_source(ErrorKind::Fatal, text, e));
                }
            }
        }
        Ok(streams)
    }

    /// Starts the thread of the global tables, if there are some, and waits until they are read.
    fn load_globals(&mut self) -> Result<()> {
        if self.shared.globals.is_empty() {
            return Ok(());
        }
        let shared = Arc::clone(&self.shared);
        let (loaded, result) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new().name("streams-global".to_owned());
        let spawned = thread
            .spawn(move || {
                shared.enter_schemas();
                global::run(&shared, &loaded);
            })
            .map_err(|e| {
                let text = format!("the thread of the global tables cannot be started: {e}");
                Error::with_source(ErrorKind::Fatal, text, e)
            })?;
        self.workers.push(spawned);
        // Nothing comes if the thread has panicked.
        result.recv().unwrap_or_else(|_| {
            let text = "the thread of the global tables panicked";
            Err(Error::new(ErrorKind::Fatal, text))
        })
    }

    /// What has happened so far.
    pub fn progress(&self) -> Progress {
        self.shared.counters.progress()
    }

    /// Where [`http.listen`](crate::config::HttpConfig::listen) is served, if it is: with the port that it got.
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.server.as_ref().map(monitoring::Server::address)
    }

    /// Reads its stores, from any thread.
    pub fn queries(&self) -> Queries {
        Queries::new(&self.shared)
    }

    /// What the workers are doing: of those that differ the one that is furthest from running.
    pub fn state(&self) -> State {
        self.shared.statuses.iter().map(Status::state).min().unwrap_or(State::Ended)
    }

    /// Asks the workers to commit, leave the group and end; see [`wait`](Self::wait).
    pub fn stop(&self) {
        self.shared.stop();
    }

    /// Waits until the workers have ended, because they were asked to or one of them failed.
    ///
    /// # Errors
    /// Why the application ended, if it was not asked to.
    pub fn wait(mut self) -> Result<()> {
        self.join()
    }

    fn join(&mut self) -> Result<()> {
        for worker in self.workers.drain(..) {
            if worker.join().is_err() {
                // Its message has been printed by the panic hook.
                self.shared.fail(Error::new(ErrorKind::Fatal, "a worker thread panicked"));
            }
        }
        self.shared.take_failure().map_or(Ok(()), Err)
    }

    /// Runs until SIGINT or SIGTERM, or until a worker fails.
    ///
    /// # Errors
    /// Why the application ended, if it was not asked to.
    pub fn run(self) -> Result<()> {
        let signalled = signal::stop_flag()?;
        while !signalled.load(Ordering::Relaxed) && !self.shared.stopping() {
            std::thread::sleep(LOOK);
        }
        self.stop();
        self.wait()
    }

    /// Runs until everything that is in the sources now has been processed and committed, in all
    /// processes of the application together, or until SIGINT, SIGTERM or a failure. `each` sees
    /// how many of the records are committed, of how many.
    ///
    /// # Errors
    /// Why the application ended before, if it was not asked to.
    pub fn run_until_end(self, mut each: impl FnMut(u64, u64)) -> Result<()> {
        let signalled = signal::stop_flag()?;
        self.shared.hurry();
        let mut end = UntilEnd::new(&self.shared.plan);
        let mut next = Instant::now();
        while !signalled.load(Ordering::Relaxed) && !self.shared.stopping() {
            if Instant::now() >= next {
                match self.ask(&mut end) {
                    Ok(()) => {
                        let (done, total) = end.progress();
                        each(done, total);
                        if end.is_reached() {
                            break;
                        }
                    }
                    // The workers meet a cluster that is away themselves, and decide.
                    Err(e) if e.kind() == ErrorKind::Retry => {}
                    Err(e) => return Err(e),
                }
                next = Instant::now() + self.end_interval();
            }
            std::thread::sleep(LOOK);
        }
        self.stop();
        self.wait()
    }

    /// Brings the goals up to date. Offsets that were committed before a topic's end was asked for
    /// cover everything that led to it.
    fn ask(&self, end: &mut UntilEnd) -> Result<()> {
        let (broker, group) = (&self.shared.broker, &self.shared.plan.application_id);
        let partitions = |topic: usize| -> Vec<TopicPartition> {
            let read = self.shared.plan.reads.get(topic);
            read.map_or_else(Vec::new, |read| Plan::partitions(read).collect())
        };
        for topic in end.pending() {
            end.observe(topic, &broker.committed(group, &partitions(topic))?);
        }
        for topic in end.to_take() {
            let partitions = partitions(topic);
            let committed = broker.committed(group, &partitions)?;
            let beginnings = broker.beginning_offsets(&partitions)?;
            let ends = broker.end_offsets(&partitions)?;
            let bounds = beginnings.into_iter().zip(ends);
            let offsets: Vec<Offsets> = bounds
                .zip(&committed)
                .map(|((beginning, end), committed)| Offsets {
                    beginning,
                    end,
                    committed: *committed,
                })
                .collect();
            end.take(topic, &offsets);
            end.observe(topic, &committed);
        }
        Ok(())
    }

    /// How often to ask for offsets: on Kafka it is a request or two.
    fn end_interval(&self) -> Duration {
        match self.shared.config.brokers {
            None => Duration::from_millis(20),
            Some(_) => Duration::from_millis(100),
        }
    }

    /// The directory with the application's state (and its embedded log).
    pub fn directory(&self) -> PathBuf {
        directory(&self.shared.config, &self.shared.plan.application_id)
    }
}

/// How often the main thread looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(10);

impl Drop for Streams {
    fn drop(&mut self) {
        self.stop();
        if let Err(e) = self.join() {
            tracing::error!("{e}");
        }
    }
}

impl std::fmt::Debug for Streams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streams").field("workers", &self.workers.len()).finish_non_exhaustive()
    }
}
