//! What waits survives: windows that have not closed, updates that are held back, results that are
//! due at the next commit. On the embedded log, with restarts, lost state and killed processes; every
//! window comes once, with its last value, as in a run without them.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use streams::prelude::*;
use streams::runtime::broker::{Broker, TopicSpec};
use streams::runtime::{Config, Loader, Streams, broker_for, read_topic};

#[topology]
mod waits {
    topology! {
        source input: stream<String, i64> = "input";
        sink closed: table<Windowed<String>, i64> = "closed";
        sink sessions: table<Session<String>, i64> = "sessions";
        sink held: table<Windowed<String>, i64> = "held";
        sink counted: table<String, i64> = "counted";
        store counts: kv<String, i64>, emit = on_commit;

        input
            .group_by_key()
            .window(tumbling(100ms), grace(50ms), emit(on_close))
            .count(by_window)
            .to(closed);
        input
            .group_by_key()
            .window(session(8ms), grace(50ms), emit(on_close))
            .count(by_session)
            .to(sessions);
        input
            .group_by_key()
            .window(tumbling(100ms), grace(50ms))
            .count(updated)
            .suppress(until_close)
            .to(held);
        input.group_by_key().count(counts).to(counted);
    }
}

const PARTITIONS: i32 = 3;
const RECORDS: usize = 60_000;
const SINKS: [&str; 3] = ["closed", "sessions", "held"];

/// Key and timestamp of the record with this number: time goes on, with some disorder.
fn record(n: usize) -> (String, i64) {
    let key = format!("key-{}", n * 7919 % 23);
    (key, (n as i64) / 4 + (n * 31 % 37) as i64)
}

fn config(dir: &Path) -> Config {
    let mut config = Config::new();
    config.state_dir = dir.to_owned();
    config.commit_interval = Some(10);
    config.flush_interval_ms = 40;
    config
}

fn open(config: &Config) -> Arc<dyn Broker> {
    broker_for(&waits::app(), config).unwrap()
}

fn load(broker: &dyn Broker, numbers: Range<usize>) {
    let spec =
        TopicSpec { name: "input".to_owned(), partitions: PARTITIONS, config: Default::default() };
    broker.create_topics(&[spec]).unwrap();
    let mut loader = Loader::new(broker).unwrap();
    for n in numbers {
        let (key, ts) = record(n);
        loader.append("input", key.as_bytes(), Some(&1i64.to_be_bytes()), ts).unwrap();
    }
    loader.commit().unwrap();
}

fn run_to_end(config: &Config, broker: &Arc<dyn Broker>) {
    let streams = Streams::start_on(&waits::app(), config.clone(), broker.clone()).unwrap();
    streams.run_until_end(|_, _| {}).unwrap();
}

/// Keys and values as written.
type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// Every record of a sink, sorted.
fn sorted(broker: &dyn Broker, topic: &str) -> Rows {
    let mut records = Vec::new();
    read_topic(broker, topic, |_, record| {
        records.push((
            record.key.unwrap_or_default().to_vec(),
            record.value.unwrap_or_default().to_vec(),
        ));
    })
    .unwrap();
    records.sort();
    records
}

/// The sinks of a run from the beginning to the end, without a break.
fn undisturbed(records: usize) -> BTreeMap<&'static str, Rows> {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path());
    let broker = open(&config);
    load(&*broker, 0..records);
    run_to_end(&config, &broker);
    SINKS.into_iter().map(|topic| (topic, sorted(&*broker, topic))).collect()
}

fn assert_equal(broker: &dyn Broker, records: usize) {
    for (topic, expected) in undisturbed(records) {
        assert!(expected.len() > 100, "{topic} has {} records", expected.len());
        let got = sorted(broker, topic);
        assert_eq!(got.len(), expected.len(), "{topic}");
        assert_eq!(got, expected, "{topic}");
        let mut once = got.clone();
        once.dedup_by(|a, b| a.0 == b.0);
        assert_eq!(once.len(), got.len(), "a window came twice to {topic}");
    }
    // Counts rise, and the last is the number of records.
    let mut counts: BTreeMap<Vec<u8>, i64> = BTreeMap::new();
    read_topic(broker, "counted", |_, record| {
        let n = i64::from_be_bytes(record.value.unwrap().try_into().unwrap());
        let last = counts.insert(record.key.unwrap().to_vec(), n);
        assert!(last.is_none_or(|last| last < n));
    })
    .unwrap();
    let mut expected: BTreeMap<Vec<u8>, i64> = BTreeMap::new();
    for n in 0..records {
        *expected.entry(record(n).0.into_bytes()).or_default() += 1;
    }
    assert_eq!(counts, expected);
}

#[test]
fn a_restart_gives_no_window_twice_and_loses_none() {
    for lose_state in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path());
        for part in 0..4 {
            let broker = open(&config);
            load(&*broker, part * 1_500..(part + 1) * 1_500);
            run_to_end(&config, &broker);
            drop(broker);
            if lose_state {
                std::fs::remove_dir_all(dir.path().join("waits/state")).unwrap();
            }
        }
        assert_equal(&*open(&config), 6_000);
    }
}

#[test]
fn what_has_closed_stays_closed_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path());
    let append = |broker: &dyn Broker, ts: i64| {
        let mut loader = Loader::new(broker).unwrap();
        loader.append("input", b"k", Some(&1i64.to_be_bytes()), ts).unwrap();
        loader.commit().unwrap();
    };
    let broker = open(&config);
    load(&*broker, 0..0);
    for ts in [10, 15, 1_000] {
        append(&*broker, ts);
    }
    run_to_end(&config, &broker);
    let before: Vec<usize> = SINKS.iter().map(|t| sorted(&*broker, t).len()).collect();
    assert_eq!(before, [1, 1, 1]);
    // Late for the windows that have closed, and their operators were started anew.
    append(&*broker, 30);
    append(&*broker, 5_000);
    run_to_end(&config, &broker);
    for topic in SINKS {
        let records = sorted(&*broker, topic);
        assert_eq!(records.len(), 2, "{topic}: {records:?}");
    }
}

const DIR: &str = "STREAMS_TEST_DIR";

/// Not a test of its own: the process that the next test kills.
#[test]
#[ignore = "runs as a child of killed_processes_give_every_window_once"]
fn child_that_runs_until_it_is_killed() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let streams = Streams::start(&waits::app(), config(dir.as_ref())).unwrap();
    let mut told = 0;
    loop {
        let done = streams.progress().processed;
        if done > told {
            println!("processed {done}");
            told = done;
        }
        std::thread::yield_now();
    }
}

#[test]
fn killed_processes_give_every_window_once() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path());
    load(&*open(&config), 0..RECORDS);
    for round in 1..=4u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "child_that_runs_until_it_is_killed", "--nocapture"])
            .env(DIR, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let done = line.split("processed ").nth(1).and_then(|n| n.trim().parse::<u64>().ok());
            if done.is_some_and(|done| done >= 2_000 * round) {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let broker = open(&config);
    run_to_end(&config, &broker);
    assert_equal(&*broker, RECORDS);
}
