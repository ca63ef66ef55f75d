//! Reprocessing after a reset, on the embedded log and on a real broker.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests fail by panicking"
)]

mod support;

use std::sync::Arc;

use streams_core::topology::{App, Topology};
use streams_runtime::broker::{Broker, TopicPartition};
use streams_runtime::reset::{Reset, ResetTo};
use streams_runtime::{Config, ErrorKind, Streams};
use support::{Count, Pass, assert_counted_once, config, create, load, open, read};

fn run_to_end<T: Topology>(config: &Config, broker: &Arc<dyn Broker>) {
    let streams = Streams::start_on(&App::<T>::new(), config.clone(), broker.clone()).unwrap();
    streams.run_until_end(|_, _| {}).unwrap();
}

fn plan<T: Topology>(
    config: &Config,
    broker: &Arc<dyn Broker>,
    to: &str,
) -> streams_runtime::Result<Reset> {
    let to: ResetTo = to.parse().unwrap();
    Reset::plan(&App::<T>::new(), config, broker.clone(), &to)
}

fn partitions(topic: &str) -> Vec<TopicPartition> {
    (0..4).map(|partition| TopicPartition { topic: topic.into(), partition }).collect()
}

/// Counts, resets, and counts again: no count goes on where the first ones ended.
fn counts_begin_anew(config: &Config, broker: &Arc<dyn Broker>, words: &str, counts: &str) {
    load(&**broker, words, 0..2_000);
    create(&**broker, counts, 4);
    run_to_end::<Count>(config, broker);
    assert_counted_once(&**broker, counts, 2_000);

    let reset = plan::<Count>(config, broker, "earliest").unwrap();
    let shown = reset.to_string();
    for part in [&format!("{words}-3 from offset 0 (was "), "-per-word-changelog", "by-word-"] {
        assert!(shown.contains(part), "{shown}");
    }
    assert_counted_once(&**broker, counts, 2_000);
    reset.carry_out().unwrap();

    let id = config.application_id.as_deref().unwrap_or("count");
    let internal = [format!("{id}-per-word-changelog"), format!("{id}-by-word-repartition")];
    let names: Vec<&str> = internal.iter().map(String::as_str).collect();
    assert_eq!(broker.topics(&names).unwrap(), [None, None]);
    let committed = broker.committed(id, &partitions(words)).unwrap();
    assert_eq!(committed, vec![Some(0); 4]);

    broker.delete_topics(&[counts]).unwrap();
    create(&**broker, counts, 4);
    run_to_end::<Count>(config, broker);
    assert_counted_once(&**broker, counts, 2_000);
}

/// Every record that is not older than the time is processed once more, and no other.
fn passes_again_from_a_time(config: &Config, broker: &Arc<dyn Broker>, input: &str, output: &str) {
    load(&**broker, input, 0..1_000);
    create(&**broker, output, 4);
    run_to_end::<Pass>(config, broker);
    let newer = |n: &str| n.parse::<i64>().unwrap() >= 700;
    // Records are numbered by their keys and timestamps.
    for (to, again) in [("1970-01-01T00:00:00.700Z", 300), ("5000", 0), ("latest", 0)] {
        let before = read(&**broker, output).len();
        plan::<Pass>(config, broker, to).unwrap().carry_out().unwrap();
        run_to_end::<Pass>(config, broker);
        let out = read(&**broker, output);
        assert_eq!(out.len() - before, again, "{to}");
        let twice = out.iter().filter(|(key, _)| newer(std::str::from_utf8(key).unwrap())).count();
        assert_eq!(twice, 600, "{to}");
    }
}

#[test]
fn counts_begin_anew_after_a_reset() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 2);
    let broker = open::<Count>(&config);
    counts_begin_anew(&config, &broker, "words", "counts");
}

#[test]
fn a_time_is_where_reading_begins_again() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    let broker = open::<Pass>(&config);
    passes_again_from_a_time(&config, &broker, "in", "out");
}

#[test]
fn offsets_move_the_partitions_that_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    let broker = open::<Pass>(&config);
    load(&*broker, "in", 0..1_000);
    run_to_end::<Pass>(&config, &broker);
    let ends = broker.end_offsets(&partitions("in")).unwrap();
    plan::<Pass>(&config, &broker, "in-2=5").unwrap().carry_out().unwrap();
    let committed = broker.committed("pass", &partitions("in")).unwrap();
    assert_eq!(committed, [Some(ends[0]), Some(ends[1]), Some(5), Some(ends[3])]);
}

#[test]
fn all_offsets_that_do_not_exist_are_named_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    let broker = open::<Pass>(&config);
    load(&*broker, "in", 0..1_000);
    let error = plan::<Pass>(&config, &broker, "in-0=100000,in-9=0,out-0=1").err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Config);
    let text = error.to_string();
    for part in ["in-0 has offsets 0 to ", "in-9 is not an input", "out-0 is not an input"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_running_application_is_not_reset() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    let broker = open::<Count>(&config);
    load(&*broker, "words", 0..100);
    let streams = Streams::start_on(&App::<Count>::new(), config.clone(), broker.clone()).unwrap();
    let error = plan::<Count>(&config, &broker, "earliest").unwrap().carry_out().unwrap_err();
    assert!(error.to_string().contains("is in use"), "{error}");
    streams.run_until_end(|_, _| {}).unwrap();
    assert_counted_once(&*broker, "counts", 100);
}

/// An application of its own on the test broker, with its topics.
fn on_kafka(name: &str, topics: [&str; 2]) -> (Config, [String; 2], tempfile::TempDir) {
    let bootstrap = std::env::var("STREAMS_TEST_BOOTSTRAP").expect("STREAMS_TEST_BOOTSTRAP");
    let time = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    let id = format!("reset-{name}-{}-{time}", std::process::id());
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path(), 1);
    config.brokers = Some(bootstrap);
    config.application_id = Some(id.clone());
    let names = topics.map(|topic| format!("{id}-{topic}"));
    for (topic, name) in topics.iter().zip(&names) {
        config.topics.insert((*topic).to_owned(), name.clone());
    }
    (config, names, dir)
}

#[test]
#[ignore = "needs a broker: STREAMS_TEST_BOOTSTRAP"]
fn counts_begin_anew_after_a_reset_on_kafka() {
    let (config, [words, counts], _dir) = on_kafka("count", ["words", "counts"]);
    let broker = open::<Count>(&config);
    counts_begin_anew(&config, &broker, &words, &counts);
}

#[test]
#[ignore = "needs a broker: STREAMS_TEST_BOOTSTRAP"]
fn a_time_is_where_reading_begins_again_on_kafka() {
    let (config, [input, output], _dir) = on_kafka("pass", ["in", "out"]);
    let broker = open::<Pass>(&config);
    passes_again_from_a_time(&config, &broker, &input, &output);
}

#[test]
#[ignore = "needs a broker: STREAMS_TEST_BOOTSTRAP"]
fn a_group_with_members_is_not_reset() {
    let (config, [words, counts], _dir) = on_kafka("members", ["words", "counts"]);
    let broker = open::<Count>(&config);
    load(&*broker, &words, 0..100);
    create(&*broker, &counts, 4);
    let streams = Streams::start_on(&App::<Count>::new(), config.clone(), broker.clone()).unwrap();
    while streams.progress().processed < 200 {
        std::thread::yield_now();
    }
    let error = plan::<Count>(&config, &broker, "earliest").err().unwrap();
    assert!(error.to_string().contains("1 active member(s)"), "{error}");
    streams.run_until_end(|_, _| {}).unwrap();
    plan::<Count>(&config, &broker, "earliest").unwrap();
    assert_counted_once(&*broker, &counts, 100);
}
