//! The same changelog, restored by Java's Kafka Streams and by us in one run, which prints how long
//! each took.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "tests fail by panicking"
)]

mod application;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use application::{Application, PARTITIONS, PATIENCE};
use interop::count;
use streams::runtime::Loader;
use streams::runtime::broker::{Broker, TopicSpec};

const ROWS: u64 = 1_000_000;

/// A line of Java's: what, records, milliseconds.
fn line(text: &str, what: &str) -> Option<(u64, u64)> {
    let mut words = text.strip_prefix("@@ ")?.split(' ');
    (words.next()? == what)
        .then(|| Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?)))?
}

#[test]
#[ignore = "needs a broker and Kafka Streams: cargo xtask test has both"]
fn a_million_rows_are_restored_by_both() {
    let application = Application::new("count");
    let changelog = format!("{}-counts-changelog", application.id);
    let compact = BTreeMap::from([("cleanup.policy".to_owned(), "compact".to_owned())]);
    let spec = TopicSpec { name: changelog.clone(), partitions: PARTITIONS, config: compact };
    application.broker.create_topics(&[spec]).unwrap();
    let mut loader = Loader::new(&application.broker).unwrap();
    for row in 0..ROWS {
        // Not in order.
        let key = format!("key-{:07}", row.wrapping_mul(7_919) % ROWS);
        loader.append(&changelog, key.as_bytes(), Some(&row.to_be_bytes()), 1_000).unwrap();
    }
    loader.commit().unwrap();

    let (java, log) = application.start_java(0);
    let deadline = Instant::now() + PATIENCE;
    let (java_restore, java_total) = loop {
        let text = std::fs::read_to_string(&log).unwrap();
        let ends: Vec<_> = text.lines().filter_map(|l| line(l, "restore-end")).collect();
        if ends.iter().map(|(records, _)| records).sum::<u64>() >= ROWS {
            let start = text.lines().filter_map(|l| line(l, "restore-start")).map(|l| l.1).min();
            let end = ends.iter().map(|l| l.1).max().unwrap();
            break (end - start.unwrap(), end);
        }
        assert!(Instant::now() < deadline, "Java does not restore:\n{text}");
        std::thread::sleep(Duration::from_millis(20));
    };
    java.terminate();

    let started = Instant::now();
    let streams = application.start_ours(&count::app(), 0);
    while streams.progress().restored < ROWS {
        assert!(started.elapsed() < PATIENCE, "{:?}", streams.progress());
        std::thread::sleep(Duration::from_millis(1));
    }
    let ours = started.elapsed().as_millis() as u64;
    println!(
        "restored {ROWS} rows: Java in {java_restore} ms, {java_total} ms from its start on; ours \
         in {ours} ms from the start on"
    );
    let restored = streams.progress().restored;
    assert_eq!(restored, ROWS, "rows that were restored");
    streams.stop();
    streams.wait().unwrap();
}
