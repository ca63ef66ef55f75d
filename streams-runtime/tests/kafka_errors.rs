//! Every error with a name that a cluster brings about, on a real one: what the program says, whether it
//! goes on by itself, and that every record counts once in the end.
//!
//! `cargo xtask test` starts a broker that looks ACLs up, and sets `STREAMS_TEST_BOOTSTRAP` and
//! `STREAMS_TEST_CLASS_PATH`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests fail by panicking"
)]

mod support;

use std::io::Write;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use streams_core::topology::{App, TopicRole, Topology};
use streams_runtime::broker::kafka::{KafkaBroker, KafkaConfig};
use streams_runtime::broker::{Broker, ClientOptions, TopicPartition};
use streams_runtime::{Config, Error, ErrorKind, ErrorName, Loader, Streams};
use support::{Count, Pass, REST_MS, assert_counted_once, config, create, load, open, read};

const PATIENCE: Duration = Duration::from_secs(60);

/// What was logged since the test began.
static SAID: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Ear;

impl Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        SAID.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// An application of its own on the cluster, alone in this process: the log is everybody's.
struct Stage<T> {
    id: String,
    bootstrap: String,
    dir: tempfile::TempDir,
    _alone: MutexGuard<'static, ()>,
    topology: PhantomData<T>,
}

impl<T: Topology> Stage<T> {
    fn new(name: &str) -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        static LISTENING: Once = Once::new();
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        LISTENING.call_once(|| {
            tracing_subscriber::fmt()
                .with_env_filter("streams_runtime=info")
                .with_ansi(false)
                .with_writer(|| Ear)
                .init();
        });
        SAID.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
        Self {
            id: format!("{name}-{}-{now}", std::process::id()),
            bootstrap: std::env::var("STREAMS_TEST_BOOTSTRAP").expect("STREAMS_TEST_BOOTSTRAP"),
            dir: tempfile::tempdir().unwrap(),
            _alone: alone,
            topology: PhantomData,
        }
    }

    fn topic(&self, name: &str) -> String {
        format!("{}-{name}", self.id)
    }

    fn state(&self, member: &str) -> PathBuf {
        self.dir.path().join(member)
    }

    fn config(&self, member: &str) -> Config {
        let mut config = config(&self.state(member), 1);
        config.brokers = Some(self.bootstrap.clone());
        config.application_id = Some(self.id.clone());
        config.commit_interval = Some(50);
        for topic in T::DESCRIPTION.topics {
            if matches!(topic.role, TopicRole::Source | TopicRole::Sink) {
                config.topics.insert(topic.name.to_owned(), self.topic(topic.name));
            }
        }
        config
    }

    fn broker(&self) -> Arc<dyn Broker> {
        open::<T>(&self.config("a"))
    }

    fn start(&self, config: Config) -> Streams {
        Streams::start(&App::<T>::new(), config).unwrap()
    }

    /// The transactional id of a member's only worker.
    fn transactional_id(&self, member: &str) -> String {
        let path = self.state(member).join(&self.id).join("state/PROCESS");
        let process = std::fs::read_to_string(path).unwrap();
        format!("{}-{}-0", self.id, process.trim())
    }

    /// Lets Kafka's own tool change the ACLs of a topic.
    fn acl(&self, change: &str, operation: &str, topic: &str) {
        let class_path = std::env::var("STREAMS_TEST_CLASS_PATH").expect("STREAMS_TEST_CLASS_PATH");
        let output = Command::new("java")
            .args(["-cp", &class_path, "org.apache.kafka.tools.AclCommand"])
            .args(["--bootstrap-server", &self.bootstrap, change, "--force"])
            .args(["--deny-principal", "User:ANONYMOUS"])
            .args(["--operation", operation, "--topic", topic])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// Counts go on, as if nothing had been, and are those of so many records.
    fn assert_goes_on(&self, records: usize) {
        self.start(self.config("a")).run_until_end(|_, _| {}).unwrap();
        assert_counted_once(&*self.broker(), &self.topic("counts"), records);
    }

    /// All values of `out`, sorted.
    fn passed(&self) -> Vec<String> {
        let rows = read(&*self.broker(), &self.topic("out"));
        let mut values: Vec<String> =
            rows.into_iter().map(|(key, _)| String::from_utf8(key).unwrap()).collect();
        values.sort();
        values
    }

    /// Creates `in` and `out`.
    fn create_passage(&self) {
        let broker = self.broker();
        create(&*broker, &self.topic("in"), 1);
        create(&*broker, &self.topic("out"), 1);
    }

    /// Writes records to `in` whose keys are these numbers.
    fn pass(&self, numbers: std::ops::Range<usize>, value: &str) {
        let broker = self.broker();
        let mut loader = Loader::new(&*broker).unwrap();
        for n in numbers {
            let key = format!("{n:06}");
            loader
                .append(&self.topic("in"), key.as_bytes(), Some(value.as_bytes()), n as i64)
                .unwrap();
        }
        loader.commit().unwrap();
    }
}

fn said() -> String {
    String::from_utf8_lossy(&SAID.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

fn assert_said(parts: &[&str]) {
    let said = said();
    assert!(is_in_a_line(&said, parts), "no line has {parts:?}:\n{said}");
}

fn is_in_a_line(said: &str, parts: &[&str]) -> bool {
    said.lines().any(|line| parts.iter().all(|part| line.contains(part)))
}

/// A producer that is no longer the only one of its id is found out by a commit, whose worker rolls back, or by a
/// record before it, whose worker starts again.
fn assert_took_over_again(name: &str) {
    let said = said();
    let by_commit = ["a commit was aborted", "going on from the last commit", name];
    let by_record = ["starting again from the last commit in", name];
    assert!(
        is_in_a_line(&said, &by_commit) || is_in_a_line(&said, &by_record),
        "no line has {by_commit:?} or {by_record:?}:\n{said}"
    );
}

fn until(what: &str, mut reached: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !reached() {
        assert!(Instant::now() < deadline, "{what}:\n{}", said());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Ends by itself with this error.
fn ends(streams: Streams) -> Error {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(streams.wait()));
    let ended = receiver.recv_timeout(PATIENCE);
    ended.unwrap_or_else(|_| panic!("it does not end:\n{}", said())).unwrap_err()
}

fn keys(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|n| format!("{n:06}")).collect()
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_worker_whose_transactional_id_is_taken_goes_on_from_the_last_commit() {
    let stage = Stage::<Count>::new("producer-fenced");
    let broker = stage.broker();
    create(&*broker, &stage.topic("counts"), 4);
    load(&*broker, &stage.topic("words"), 0..2_000);
    let streams = stage.start(stage.config("a"));
    until("everything is processed", || streams.progress().processed >= 4_000);
    let usurper = KafkaBroker::new(KafkaConfig::new(stage.bootstrap.clone())).unwrap();
    let options = ClientOptions {
        application_id: format!("{}-usurper", stage.id),
        worker: 0,
        topics: Vec::new(),
        transactional_id: Some(stage.transactional_id("a")),
    };
    drop(usurper.client(&options).unwrap());
    load(&*broker, &stage.topic("words"), 2_000..4_000);
    streams.run_until_end(|_, _| {}).unwrap();
    assert_took_over_again("[producer-fenced]");
    assert_counted_once(&*broker, &stage.topic("counts"), 4_000);
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_worker_whose_transactional_id_was_idle_for_too_long_goes_on_from_the_last_commit() {
    let stage = Stage::<Count>::new("epoch-lost");
    let broker = stage.broker();
    create(&*broker, &stage.topic("counts"), 4);
    load(&*broker, &stage.topic("words"), 0..2_000);
    let mut config = stage.config("a");
    // The state goes to disk with a commit: none comes in the time of rest.
    config.flush_interval_ms = 100;
    let streams = stage.start(config);
    until("everything is processed", || streams.progress().processed >= 4_000);
    // The cluster forgets an idle transactional id after 25 s, and looks for them every second.
    std::thread::sleep(Duration::from_secs(30));
    load(&*broker, &stage.topic("words"), 2_000..4_000);
    streams.run_until_end(|_, _| {}).unwrap();
    assert_took_over_again("[producer-epoch-lost]");
    assert_counted_once(&*broker, &stage.topic("counts"), 4_000);
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_transaction_that_took_too_long_is_done_again() {
    let stage = Stage::<Pass>::new("timed-out");
    stage.create_passage();
    let mut config = stage.config("a");
    config.commit_interval = Some(900);
    config.kafka.transaction_timeout_ms = 1_000;
    let mut written = 0;
    // The records before are written, and the transaction is open, unless a commit falls in between.
    until("a transaction times out", || {
        stage.pass(written..written + 5_000, "first");
        stage.pass(written + 5_000..written + 5_001, "rest");
        written += 5_001;
        REST_MS.store(4_000, Ordering::Relaxed);
        stage.start(config.clone()).run_until_end(|_, _| {}).unwrap();
        said().contains("[transaction-timed-out]")
    });
    assert_said(&[
        "going on from the last commit",
        "kafka.transaction_timeout_ms is 1000",
        "[transaction-timed-out]",
    ]);
    assert_eq!(stage.passed(), keys(0..written));
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_member_that_the_group_threw_out_gives_its_work_up() {
    let stage = Stage::<Pass>::new("member-fenced");
    let member = |name: &str| {
        let mut config = stage.config(name);
        for property in ["max.poll.interval.ms", "session.timeout.ms"] {
            config.kafka.consumer.set(property, "6000");
        }
        config.kafka.transaction_timeout_ms = 60_000;
        config
    };
    stage.create_passage();
    stage.pass(0..10, "first");
    let first = stage.start(member("a"));
    until("the first member works", || first.progress().processed >= 10);
    REST_MS.store(15_000, Ordering::Relaxed);
    stage.pass(10..20, "rest");
    until("it rests", || REST_MS.load(Ordering::Relaxed) == 0);
    let second = stage.start(member("b"));
    until("the second member does its work", || second.progress().processed >= 10);
    until("the first learns of it", || said().contains("[member-fenced]"));
    first.stop();
    first.wait().unwrap();
    second.run_until_end(|_, _| {}).unwrap();
    assert_eq!(stage.passed(), keys(0..20));
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_source_that_is_deleted_ends_the_program() {
    let stage = Stage::<Count>::new("source-deleted");
    let broker = stage.broker();
    create(&*broker, &stage.topic("counts"), 4);
    load(&*broker, &stage.topic("words"), 0..2_000);
    let streams = stage.start(stage.config("a"));
    until("everything is processed", || streams.progress().processed >= 4_000);
    broker.delete_topics(&[&stage.topic("words")]).unwrap();
    let e = ends(streams);
    assert_eq!((e.name(), e.kind()), (Some(ErrorName::TopicMissing), ErrorKind::Fatal), "{e}");
    assert!(e.to_string().contains(&stage.topic("words")), "{e}");
    assert_counted_once(&*broker, &stage.topic("counts"), 2_000);
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_sink_that_is_deleted_ends_the_program() {
    let stage = Stage::<Pass>::new("sink-deleted");
    let broker = stage.broker();
    stage.create_passage();
    stage.pass(0..10, "first");
    let mut config = stage.config("a");
    config.kafka.producer.set("topic.metadata.refresh.interval.ms", "500");
    config.kafka.producer.set("topic.metadata.propagation.max.ms", "500");
    let streams = stage.start(config.clone());
    until("everything is processed", || streams.progress().processed >= 10);
    broker.delete_topics(&[&stage.topic("out")]).unwrap();
    stage.pass(10..20, "second");
    let e = ends(streams);
    assert_eq!((e.name(), e.kind()), (Some(ErrorName::TopicMissing), ErrorKind::Fatal), "{e}");
    assert!(e.to_string().contains(&stage.topic("out")), "{e}");
    // Nothing of the second ten was committed.
    create(&*broker, &stage.topic("out"), 1);
    stage.start(config).run_until_end(|_, _| {}).unwrap();
    assert_eq!(stage.passed(), keys(10..20));
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_right_to_write_that_is_lost_ends_the_program_and_one_that_is_given_back_lets_it_go_on() {
    let stage = Stage::<Count>::new("write-denied");
    let broker = stage.broker();
    create(&*broker, &stage.topic("counts"), 4);
    load(&*broker, &stage.topic("words"), 0..2_000);
    let streams = stage.start(stage.config("a"));
    until("everything is processed", || streams.progress().processed >= 4_000);
    stage.acl("--add", "Write", &stage.topic("counts"));
    load(&*broker, &stage.topic("words"), 2_000..4_000);
    let e = ends(streams);
    assert_eq!(
        (e.name(), e.kind()),
        (Some(ErrorName::AuthorizationFailed), ErrorKind::Fatal),
        "{e}"
    );
    assert!(e.to_string().contains(&stage.topic("counts")), "{e}");
    stage.acl("--remove", "Write", &stage.topic("counts"));
    stage.assert_goes_on(4_000);
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_right_to_read_that_is_lost_ends_the_program_and_one_that_is_given_back_lets_it_go_on() {
    let stage = Stage::<Count>::new("read-denied");
    let broker = stage.broker();
    create(&*broker, &stage.topic("counts"), 4);
    load(&*broker, &stage.topic("words"), 0..2_000);
    let streams = stage.start(stage.config("a"));
    until("everything is processed", || streams.progress().processed >= 4_000);
    stage.acl("--add", "Read", &stage.topic("words"));
    let e = ends(streams);
    assert_eq!(
        (e.name(), e.kind()),
        (Some(ErrorName::AuthorizationFailed), ErrorKind::Fatal),
        "{e}"
    );
    assert!(e.to_string().contains(&stage.topic("words")), "{e}");
    stage.acl("--remove", "Read", &stage.topic("words"));
    load(&*broker, &stage.topic("words"), 2_000..4_000);
    stage.assert_goes_on(4_000);
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_record_of_a_changelog_that_is_none_of_its_store_is_named_with_its_place() {
    let stage = Stage::<Count>::new("undecodable");
    let broker = stage.broker();
    create(&*broker, &stage.topic("counts"), 4);
    load(&*broker, &stage.topic("words"), 0..2_000);
    stage.assert_goes_on(2_000);
    let changelog = stage.topic("per-word-changelog");
    let mut loader = Loader::new(&*broker).unwrap();
    let partition = loader.partition(&changelog, b"word").unwrap();
    let place = TopicPartition { topic: changelog.as_str().into(), partition };
    let end = broker.end_offsets(&[place]).unwrap()[0];
    loader.append(&changelog, b"word", Some(b"none"), 0).unwrap();
    loader.commit().unwrap();
    std::fs::remove_dir_all(stage.state("a")).unwrap();
    let e = ends(stage.start(stage.config("a")));
    assert_eq!(
        (e.name(), e.kind()),
        (Some(ErrorName::ChangelogUndecodable), ErrorKind::Fatal),
        "{e}"
    );
    let place = format!("changelog {changelog}, partition {partition}, offset {end}: ");
    assert!(e.to_string().contains(&place), "{e}");
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn records_that_are_gone_before_they_were_read_end_the_program() {
    let stage = Stage::<Pass>::new("gone");
    let broker = stage.broker();
    stage.create_passage();
    stage.pass(0..10, "first");
    stage.start(stage.config("a")).run_until_end(|_, _| {}).unwrap();
    stage.pass(10..20, "second");
    let place = TopicPartition { topic: stage.topic("in").as_str().into(), partition: 0 };
    broker.delete_records(&[(place, 15)]).unwrap();
    let e = ends(stage.start(stage.config("a")));
    assert_eq!((e.name(), e.kind()), (Some(ErrorName::OffsetOutOfRange), ErrorKind::Fatal), "{e}");
    let text = e.to_string();
    assert!(text.contains(&format!("{}-0: offset 10 ", stage.topic("in"))), "{text}");
    assert!(text.contains("there are 15 to 20"), "{text}");
    assert_eq!(stage.passed(), keys(0..10));
}
