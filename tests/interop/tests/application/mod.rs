//! An application on a broker that Java's Kafka Streams runs, or we do.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use streams::runtime::broker::kafka::{KafkaBroker, KafkaConfig};
use streams::runtime::broker::{Broker, TopicSpec};
use streams::runtime::restore::Listener;
use streams::runtime::{Config, Loader, Streams, read_topic};
use streams::{App, Topology};

pub(crate) const PATIENCE: Duration = Duration::from_secs(180);
pub(crate) const PARTITIONS: i32 = 2;
pub(crate) const KEYS: i64 = 20;
/// Records of each part.
const PART: i64 = 600;

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: `cargo xtask test` sets it"))
}

/// One application, whoever runs it.
pub(crate) struct Application {
    name: &'static str,
    pub(crate) id: String,
    bootstrap: String,
    pub(crate) broker: KafkaBroker,
    pub(crate) dir: tempfile::TempDir,
    began: i64,
    pub(crate) written: i64,
}

impl Application {
    pub(crate) fn new(name: &'static str) -> Self {
        streams::runtime::cli::log_to_stderr(Some("info"));
        let bootstrap = variable("STREAMS_TEST_BOOTSTRAP");
        let now = std::time::UNIX_EPOCH.elapsed().unwrap();
        let id = format!("interop-{name}-{}", now.as_nanos());
        let broker = KafkaBroker::new(KafkaConfig::new(&bootstrap)).unwrap();
        let began = now.as_millis() as i64 - 3_600_000;
        let dir = tempfile::tempdir().unwrap();
        let application = Self { name, id, bootstrap, broker, dir, began, written: 0 };
        let spec =
            |name: String| TopicSpec { name, partitions: PARTITIONS, config: BTreeMap::new() };
        let topics = ["events", "results"].map(|topic| spec(application.topic(topic)));
        application.broker.create_topics(&topics).unwrap();
        application
    }

    pub(crate) fn topic(&self, topic: &str) -> String {
        format!("{}-{topic}", self.id)
    }

    /// Writes the next part of the input: every key in turn, a second apart.
    pub(crate) fn write(&mut self) {
        let mut loader = Loader::new(&self.broker).unwrap();
        for _ in 0..PART {
            let key = format!("key-{}", self.written % KEYS);
            let timestamp = self.began + self.written / KEYS * 1000;
            let value = match self.name {
                "bank" => timestamp.to_string(),
                _ => key.clone(),
            };
            loader
                .append(&self.topic("events"), key.as_bytes(), Some(value.as_bytes()), timestamp)
                .unwrap();
            self.written += 1;
        }
        loader.commit().unwrap();
    }

    /// The results so far: of each key, in order, its counts; `None` for a tombstone.
    pub(crate) fn results(&self) -> BTreeMap<Vec<u8>, Vec<Option<i64>>> {
        let mut all: BTreeMap<Vec<u8>, Vec<Option<i64>>> = BTreeMap::new();
        read_topic(&self.broker, &self.topic("results"), |_, record| {
            let count = record.value.map(|v| i64::from_be_bytes(v.try_into().unwrap()));
            all.entry(record.key.unwrap().to_vec()).or_default().push(count);
        })
        .unwrap();
        all
    }

    fn is_complete(&self) -> bool {
        let counts = |counts: &Vec<Option<i64>>| counts.iter().flatten().count() as i64;
        self.results().values().map(counts).sum::<i64>() >= self.written
    }

    fn until_complete(&self, who: &str, mut lives: impl FnMut() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !self.is_complete() {
            assert!(lives(), "{who} ended by itself");
            assert!(Instant::now() < deadline, "{who} does not finish: {:?}", self.results());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Java's Kafka Streams processes what there is, with no state of its own.
    pub(crate) fn java(&self, round: usize) {
        let (mut java, log) = self.start_java(round);
        self.until_complete(&text(&log), || java.0.try_wait().unwrap().is_none());
        java.terminate();
    }

    /// Starts Java's Kafka Streams; gives the file with what it says, too.
    pub(crate) fn start_java(&self, round: usize) -> (Java, PathBuf) {
        let log = self.dir.path().join(format!("java-{round}.log"));
        let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("java/Interop.java");
        let state = self.dir.path().join(format!("java-{round}"));
        let out = File::create(&log).unwrap();
        let child = Command::new("java")
            .args(["-Xmx400m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp"])
            .arg(variable("STREAMS_TEST_CLASS_PATH"))
            .arg(source)
            .args([self.name, &self.bootstrap, &self.id])
            .arg(state)
            .args([self.topic("events"), self.topic("results")])
            .stdin(Stdio::null())
            .stderr(out.try_clone().unwrap())
            .stdout(out)
            .spawn()
            .expect("java");
        (Java(child), log)
    }

    /// We process what there is, with no state of our own: it comes from the changelogs.
    pub(crate) fn ours<T: Topology>(&self, app: &App<T>, round: usize) {
        self.start_ours(app, round).run_until_end(|_, _| {}).unwrap();
        assert!(self.is_complete(), "ours has ended before its results were there");
    }

    /// Starts us.
    pub(crate) fn start_ours<T: Topology>(&self, app: &App<T>, round: usize) -> Streams {
        self.start_listening(app, round, None)
    }

    /// Starts us, with somebody who hears of restores.
    pub(crate) fn start_listening<T: Topology>(
        &self,
        app: &App<T>,
        round: usize,
        listener: Option<Listener>,
    ) -> Streams {
        let mut config = Config::new();
        config.restore_listener = listener;
        config.brokers = Some(self.bootstrap.clone());
        config.application_id = Some(self.id.clone());
        config.state_dir = self.dir.path().join(format!("ours-{round}"));
        for topic in ["events", "results"] {
            config.topics.insert(topic.to_owned(), self.topic(topic));
        }
        Streams::start(app, config).unwrap()
    }
}

/// A process of Java's; killed when it is dropped.
pub(crate) struct Java(Child);

impl Java {
    /// Ends it as an operator would.
    pub(crate) fn terminate(mut self) {
        let terminate = format!("kill -TERM {}", self.0.id());
        assert!(Command::new("sh").args(["-c", &terminate]).status().unwrap().success());
        self.0.wait().unwrap();
    }
}

impl Drop for Java {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn text(path: &Path) -> String {
    format!("java (see {})", path.display())
}
