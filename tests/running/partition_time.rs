//! A partition's time goes on after a restart: it is committed with the offset.

use std::sync::Arc;

use streams::App;
use streams::prelude::*;
use streams::runtime::config::Guarantee;
use streams::runtime::{Config, broker_for, read_topic};

use crate::support::{config, create, on_kafka, run};

#[topology]
mod timed {
    topology! {
        source input: stream<String, i64> = "input",
            time = |_, time| *time, invalid_time = partition_time;
        source other: stream<String, i64> = "other",
            time = |_, time| *time, invalid_time = partition_time;
        sink out: stream<String, i64> = "out";

        merge(input, other).map_values(|_, _, cx| -> i64 { cx.stream_time }).to(out);
    }
}

/// What each round gives: timestamps and stream times.
fn rounds(config: &Config, [input, other, out]: [&str; 3]) {
    let broker = broker_for(&App::<timed::Topology>::new(), config).unwrap();
    create(&*broker, &[input, other, out]);
    let rounds: [&[(&str, i64)]; 5] = [
        &[(input, 1_000), (input, 700)],
        &[(input, -1)],
        &[(other, 400)],
        &[(other, -1)],
        &[(input, -1)],
    ];
    for round in rounds {
        let mut loader = streams::runtime::Loader::new(&*broker).unwrap();
        for (topic, time) in round {
            loader.append(topic, b"k", Some(&time.to_be_bytes()), 9).unwrap();
        }
        loader.commit().unwrap();
        run::<timed::Topology>(config, &Arc::clone(&broker));
    }
    let mut results = Vec::new();
    read_topic(&*broker, out, |_, record| {
        let stream_time = i64::from_be_bytes(record.value.unwrap().try_into().unwrap());
        results.push((record.timestamp, stream_time));
    })
    .unwrap();
    let expected =
        [(1_000, 1_000), (700, 1_000), (1_000, 1_000), (400, 1_000), (400, 1_000), (1_000, 1_000)];
    assert_eq!(results, expected);
}

#[test]
fn the_time_of_a_partition_goes_on_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    rounds(&config(dir.path(), 1), ["input", "other", "out"]);
}

#[test]
#[ignore = "needs a broker: cargo xtask test has one"]
fn the_time_of_a_partition_goes_on_after_a_restart_on_kafka() {
    for guarantee in [Guarantee::ExactlyOnce, Guarantee::AtLeastOnce] {
        let dir = tempfile::tempdir().unwrap();
        let name = format!("partition-time-{guarantee:?}");
        let (mut config, names) = on_kafka(dir.path(), &name, &["input", "other", "out"]);
        config.processing_guarantee = guarantee;
        rounds(&config, [names[0], names[1], names[2]]);
    }
}
