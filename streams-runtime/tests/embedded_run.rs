//! Whole applications on the embedded log: threads, repartition, restart, kill, errors.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests fail by panicking"
)]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use streams_core::topology::{App, Topology};
use streams_runtime::broker::{Broker, TopicPartition};
use streams_runtime::restore::{RestoreListener, StoreRestore};
use streams_runtime::{Config, ErrorKind, Loader, Streams};
use support::{Count, CountInMemory, Pass, assert_counted_once, config, create, load, open, read};

/// How long anything in these tests may take before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(60);

fn start<T: Topology>(config: &Config, broker: &Arc<dyn Broker>) -> Streams {
    Streams::start_on(&App::<T>::new(), config.clone(), broker.clone()).unwrap()
}

fn run_to_end<T: Topology>(config: &Config, broker: &Arc<dyn Broker>) {
    start::<T>(config, broker).run_until_end(|_, _| {}).unwrap();
}

fn partitions(topic: &str) -> Vec<TopicPartition> {
    (0..4).map(|partition| TopicPartition { topic: topic.into(), partition }).collect()
}

#[test]
fn every_record_passes_once_with_several_threads() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 3);
    let broker = open::<Pass>(&config);
    load(&*broker, "in", 0..10_000);
    run_to_end::<Pass>(&config, &broker);
    let mut out = read(&*broker, "out");
    let mut sent = read(&*broker, "in");
    out.sort();
    sent.sort();
    assert_eq!(out.len(), 10_000);
    assert_eq!(out, sent);
}

#[test]
fn counts_after_a_repartition_are_those_of_a_fold() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 2);
    let broker = open::<Count>(&config);
    load(&*broker, "words", 0..20_000);
    run_to_end::<Count>(&config, &broker);
    assert_counted_once(&*broker, "counts", 20_000);
}

#[test]
fn a_restart_goes_on_and_restores_nothing_that_is_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 2);
    {
        let broker = open::<Count>(&config);
        load(&*broker, "words", 0..5_000);
        run_to_end::<Count>(&config, &broker);
    }
    let broker = open::<Count>(&config);
    load(&*broker, "words", 5_000..9_000);
    let streams = start::<Count>(&config, &broker);
    wait(&streams, 2 * 4_000);
    assert_eq!(streams.progress().restored, 0);
    streams.run_until_end(|_, _| {}).unwrap();
    assert_counted_once(&*broker, "counts", 9_000);
}

/// Waits until so many records are processed.
fn wait(streams: &Streams, processed: u64) {
    let deadline = Instant::now() + PATIENCE;
    while streams.progress().processed < processed {
        assert!(Instant::now() < deadline, "{:?}", streams.progress());
        std::thread::yield_now();
    }
}

/// What a listener has heard: starts, records of batches, ends with their records.
#[derive(Default)]
struct Heard {
    starts: AtomicU64,
    batches: AtomicU64,
    ends: AtomicU64,
    records: AtomicU64,
}

impl RestoreListener for Heard {
    fn on_restore_start(&self, restore: &StoreRestore<'_>) {
        assert_eq!(
            (restore.store, &*restore.changelog.topic),
            ("per-word", "count-per-word-changelog")
        );
        self.starts.fetch_add(1, Ordering::Relaxed);
    }

    fn on_batch_restored(&self, restore: &StoreRestore<'_>, records: u64) {
        assert!(restore.passed > 0 && restore.passed <= restore.end - restore.from, "{restore:?}");
        self.batches.fetch_add(records, Ordering::Relaxed);
    }

    fn on_restore_end(&self, restore: &StoreRestore<'_>) {
        assert_eq!(restore.passed, restore.end - restore.from);
        self.ends.fetch_add(1, Ordering::Relaxed);
        self.records.fetch_add(restore.records, Ordering::Relaxed);
    }
}

#[test]
fn a_lost_state_directory_is_restored_from_the_changelog_and_a_listener_hears_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let heard = Arc::new(Heard::default());
    let mut config = config(dir.path(), 1);
    config.restore_listener = Some(Arc::clone(&heard).into());
    let broker = open::<Count>(&config);
    load(&*broker, "words", 0..5_000);
    run_to_end::<Count>(&config, &broker);
    std::fs::remove_dir_all(dir.path().join("count/state")).unwrap();
    let changelog = read(&*broker, "count-per-word-changelog").len() as u64;
    load(&*broker, "words", 5_000..6_000);
    let streams = start::<Count>(&config, &broker);
    wait(&streams, 2 * 1_000);
    assert_eq!(streams.progress().restored, changelog);
    streams.run_until_end(|_, _| {}).unwrap();
    assert_counted_once(&*broker, "counts", 6_000);
    let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
    assert_eq!((count(&heard.starts), count(&heard.ends)), (4, 4));
    assert_eq!((count(&heard.batches), count(&heard.records)), (changelog, changelog));
}

#[test]
fn a_changelog_that_was_made_anew_wipes_what_is_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    let broker = open::<Count>(&config);
    load(&*broker, "words", 0..1_000);
    run_to_end::<Count>(&config, &broker);
    broker.delete_topics(&["count-per-word-changelog", "words", "counts"]).unwrap();
    load(&*broker, "words", 0..500);
    run_to_end::<Count>(&config, &broker);
    assert_counted_once(&*broker, "counts", 500);
}

#[test]
fn little_memory_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path(), 1);
    config.state_cache_max_bytes = 4096;
    config.flush_interval_ms = 0;
    config.commit_interval = Some(0);
    let broker = open::<Count>(&config);
    load(&*broker, "words", 0..5_000);
    run_to_end::<Count>(&config, &broker);
    assert_counted_once(&*broker, "counts", 5_000);
}

#[test]
fn a_store_in_memory_is_restored_whole_and_may_be_larger_than_its_budget() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path(), 1);
    config.state_cache_max_bytes = 1024;
    let broker = open::<CountInMemory>(&config);
    load(&*broker, "words", 0..3_000);
    run_to_end::<CountInMemory>(&config, &broker);
    let changelog = read(&*broker, "count-per-word-changelog").len() as u64;
    load(&*broker, "words", 3_000..4_000);
    let streams = start::<CountInMemory>(&config, &broker);
    wait(&streams, 2 * 1_000);
    assert_eq!(streams.progress().restored, changelog);
    streams.run_until_end(|_, _| {}).unwrap();
    assert_counted_once(&*broker, "counts", 4_000);
}

#[test]
fn a_changelog_record_that_is_no_row_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    let broker = open::<CountInMemory>(&config);
    load(&*broker, "words", 0..10);
    run_to_end::<CountInMemory>(&config, &broker);
    let mut loader = Loader::new(&*broker).unwrap();
    loader.append("count-per-word-changelog", b"word", Some(b"no number"), 0).unwrap();
    loader.commit().unwrap();
    // Work for every task, so that the end is not reached before the restore.
    load(&*broker, "words", 10..500);
    let e = start::<CountInMemory>(&config, &broker).run_until_end(|_, _| {}).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Fatal);
    let text = e.to_string();
    assert!(text.starts_with("changelog count-per-word-changelog, partition "), "{text}");
    assert!(text.contains(", offset "), "{text}");
}

const RECORDS: usize = 300_000;
const DIR: &str = "STREAMS_TEST_DIR";

/// Not a test of its own: the process that the next test kills.
#[test]
#[ignore = "runs as a child of killed_processes_lose_and_repeat_nothing"]
fn child_that_counts_until_it_is_killed() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let mut config = config(dir.as_ref(), 2);
    config.commit_interval = Some(10);
    config.flush_interval_ms = 40;
    let streams = Streams::start(&App::<Count>::new(), config).unwrap();
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
fn killed_processes_lose_and_repeat_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 2);
    load(&*open::<Count>(&config), "words", 0..RECORDS);
    for round in 1..=5u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "child_that_counts_until_it_is_killed", "--nocapture"])
            .env(DIR, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let done = line.split("processed ").nth(1).and_then(|n| n.trim().parse::<u64>().ok());
            if done.is_some_and(|done| done >= 5_000 * round) {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let broker = open::<Count>(&config);
    let left = RECORDS - read(&*broker, "counts").len();
    assert!(left > 0, "all was done before the last kill, which proves little");
    run_to_end::<Count>(&config, &broker);
    assert_counted_once(&*broker, "counts", RECORDS);
}

/// The error that a value ends the application with, and what is committed of its topic.
fn failure(value: &str) -> (streams_runtime::Error, Option<i64>) {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    let broker = open::<Pass>(&config);
    create(&*broker, "in", 1);
    let mut loader = Loader::new(&*broker).unwrap();
    for value in ["fine", "fine", value, "fine"] {
        loader.append("in", b"k", Some(value.as_bytes()), 5).unwrap();
    }
    loader.commit().unwrap();
    let e = start::<Pass>(&config, &broker).run_until_end(|_, _| {}).unwrap_err();
    let partition = [TopicPartition { topic: "in".into(), partition: 0 }];
    let committed = broker.committed("pass", &partition).unwrap()[0];
    // Exactly once: what is written goes with what is committed.
    assert_eq!(read(&*broker, "out").len() as i64, committed.unwrap_or(0));
    (e, committed)
}

#[test]
fn a_record_that_fails_stops_the_process_and_is_named() {
    let (e, committed) = failure("fail");
    assert_eq!(e.kind(), ErrorKind::Record);
    assert_eq!(e.to_string(), "in, partition 0, offset 2: the value says so");
    assert!(committed.is_none_or(|c| c <= 2), "{committed:?}");
}

#[test]
fn what_a_failed_record_has_done_halfway_does_not_count() {
    let (e, committed) = failure("half");
    assert_eq!(e.kind(), ErrorKind::Record);
    assert!(committed.is_none_or(|c| c <= 2), "{committed:?}");
}

#[test]
fn a_panic_of_the_topology_stops_the_process_and_names_the_record() {
    let (e, committed) = failure("panic");
    assert!(!matches!(e.kind(), ErrorKind::Retry | ErrorKind::Rejoin | ErrorKind::Poisoned));
    let text = e.to_string();
    assert!(text.contains("in, partition 0, offset 2: "), "{text}");
    assert!(text.contains("panicked: the value says so"), "{text}");
    assert!(committed.is_none_or(|c| c <= 2), "{committed:?}");
}

#[test]
fn a_panic_in_a_commit_ends_the_process_too() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 2);
    let broker = open::<Count>(&config);
    load(&*broker, "words", 0..10);
    let mut loader = Loader::new(&*broker).unwrap();
    loader.append("words", b"k", Some(support::CANNOT_BE_ENCODED.as_bytes()), 0).unwrap();
    loader.commit().unwrap();
    let e = start::<Count>(&config, &broker).wait().unwrap_err();
    assert!(e.to_string().contains("this count cannot be encoded"), "{e}");
}

#[test]
fn stopping_commits_what_was_processed() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path(), 1);
    config.commit_interval = Some(3_600_000);
    let broker = open::<Pass>(&config);
    create(&*broker, "in", 4);
    let mut loader = Loader::new(&*broker).unwrap();
    for n in 0..1_000i64 {
        loader.append("in", n.to_string().as_bytes(), Some(b"counted"), n).unwrap();
    }
    loader.commit().unwrap();
    let streams = start::<Pass>(&config, &broker);
    let deadline = Instant::now() + PATIENCE;
    while support::COUNTED.load(Ordering::Relaxed) < 1_000 {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
    assert_eq!(broker.committed("pass", &partitions("in")).unwrap(), [None; 4]);
    streams.stop();
    streams.wait().unwrap();
    let committed = broker.committed("pass", &partitions("in")).unwrap();
    assert_eq!(committed.into_iter().flatten().sum::<i64>(), 1_000);
    assert_eq!(read(&*broker, "out").len(), 1_000);
}

#[test]
fn topics_that_do_not_fit_are_refused_before_anything_runs() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    let broker = open::<Count>(&config);
    create(&*broker, "words", 4);
    create(&*broker, "count-per-word-changelog", 3);
    let e = Streams::start_on(&App::<Count>::new(), config, broker).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Config);
    assert!(e.to_string().contains("has 3 partitions, and now needs 4"), "{e}");
}
