//! The embedded log under SIGKILL: what was committed is there, what was not is not, and a commit is
//! whole.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod kill;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kill::{Random, child_dir, done, run_and_kill};
use streams_core::Headers;
use streams_runtime::broker::embedded::{EmbeddedBroker, EmbeddedConfig};
use streams_runtime::broker::{
    Append, Broker, Client, ClientOptions, Polled, Position, TopicPartition, TopicSpec,
};

const GROUP: &str = "app";
const RECORDS: &str = "records";
const COUNTER: &str = "counter";
const PARTITIONS: i32 = 3;
const KILLS: usize = 25;
/// The child commits small and large: one record in a partition, or many batches.
const SIZES: [i64; 4] = [1, 3, 40, 900];

fn open(dir: &Path) -> Arc<EmbeddedBroker> {
    // Cleaning as often as can be, so that kills meet compactions too.
    let clean_interval = Duration::from_millis(5);
    EmbeddedBroker::open(EmbeddedConfig { clean_interval, ..EmbeddedConfig::new(dir) }).unwrap()
}

fn at(topic: &str, partition: i32) -> TopicPartition {
    TopicPartition { topic: topic.into(), partition }
}

fn size(step: i64) -> i64 {
    *SIZES.get(step as usize % SIZES.len()).unwrap()
}

/// In each commit `step`: `size(step)` records in each partition, whose values are the step; the
/// counter, one key in a compacted topic, is set to the step; the committed offset of `counter-0`
/// (which is read, as it were) goes to its end.
fn commit_steps(dir: &Path) {
    let broker = open(dir);
    let config = BTreeMap::from([
        ("cleanup.policy".to_owned(), "compact".to_owned()),
        ("min.cleanable.dirty.ratio".to_owned(), "0.01".to_owned()),
    ]);
    let spec =
        |name: &str, partitions, config| TopicSpec { name: name.to_owned(), partitions, config };
    broker
        .create_topics(&[spec(RECORDS, PARTITIONS, BTreeMap::new()), spec(COUNTER, 1, config)])
        .unwrap();
    let options = ClientOptions {
        application_id: GROUP.to_owned(),
        worker: 0,
        topics: vec![],
        transactional_id: None,
    };
    let mut client = broker.client(&options).unwrap().0;
    let first = last_counter(&broker).map_or(0, |step| step + 1);
    for step in first.. {
        append_step(&mut *client, step);
        let counters = broker.end_offsets(&[at(COUNTER, 0)]).unwrap();
        let _ = client.commit(&[(at(COUNTER, 0), *counters.first().unwrap())]).unwrap();
        done(step);
        // Appended and never committed.
        append_step(&mut *client, -1);
        client.abort().unwrap();
    }
}

fn append_step(client: &mut dyn Client, step: i64) {
    let (records, _) = client.writer(RECORDS).unwrap();
    let (counter, _) = client.writer(COUNTER).unwrap();
    let text = step.to_string();
    let pad = "x".repeat(300);
    let mut append = |topic, partition, key: &str| {
        let (key, value) = (Some(key.as_bytes()), Some(text.as_bytes()));
        let headers = Headers::EMPTY;
        client.append(Append { topic, partition, timestamp: step, key, value, headers }).unwrap();
    };
    for _ in 0..size(step.max(0)) {
        for partition in 0..PARTITIONS {
            append(records, partition, &pad);
        }
    }
    append(counter, 0, "step");
}

/// Offsets and values of a partition.
fn read(broker: &EmbeddedBroker, place: TopicPartition) -> Vec<(i64, i64)> {
    let mut reader = broker.reader().unwrap();
    reader.assign(&[(place, Position::Earliest)]).unwrap();
    let (mut rows, mut ended) = (Vec::new(), false);
    while !ended {
        reader
            .poll(Duration::from_secs(10), 1000, &mut |polled| match polled {
                Polled::Record { record, .. } => {
                    let value = std::str::from_utf8(record.value.unwrap()).unwrap();
                    rows.push((record.offset, value.parse().unwrap()));
                }
                Polled::End { .. } => ended = true,
            })
            .unwrap();
    }
    rows
}

fn last_counter(broker: &EmbeddedBroker) -> Option<i64> {
    read(broker, at(COUNTER, 0)).last().map(|(_, step)| *step)
}

#[test]
fn after_a_kill_every_commit_is_there_whole_and_nothing_else() {
    if let Some(dir) = child_dir() {
        return commit_steps(&dir);
    }
    let dir = tempfile::tempdir().unwrap();
    let mut random = Random::new();
    let name = "after_a_kill_every_commit_is_there_whole_and_nothing_else";
    for kills in 1..=KILLS {
        let printed = run_and_kill(name, dir.path(), 1 + random.below(40));
        let printed: i64 = printed.parse().unwrap();
        let broker = open(dir.path());
        let last = last_counter(&broker).unwrap();
        // The last commit may have been done and not yet said.
        assert!(last == printed || last == printed + 1, "kill {kills}: {printed}, {last}");
        let expected: Vec<i64> =
            (0..=last).flat_map(|step| std::iter::repeat_n(step, size(step) as usize)).collect();
        for partition in 0..PARTITIONS {
            let rows = read(&broker, at(RECORDS, partition));
            assert!(rows.iter().map(|(offset, _)| *offset).eq(0..expected.len() as i64));
            assert!(rows.iter().map(|(_, step)| *step).eq(expected.iter().copied()));
        }
        let ends = broker.end_offsets(&[at(COUNTER, 0)]).unwrap();
        assert_eq!(ends, [last + 1], "kill {kills}");
        let committed = broker.committed(GROUP, &[at(COUNTER, 0)]).unwrap();
        assert_eq!(committed, [Some(last)], "kill {kills}");
    }
}
