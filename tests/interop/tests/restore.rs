//! The same changelog, restored by Java's Kafka Streams and by us in one run, which prints how long
//! each took, from the first record of a restore to the last of all.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "tests fail by panicking"
)]

mod application;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use application::{Application, PARTITIONS, PATIENCE};
use interop::count;
use streams::runtime::Loader;
use streams::runtime::broker::{Broker, TopicSpec};
use streams::runtime::restore::{RestoreListener, StoreRestore};

const ROWS: u64 = 1_000_000;

/// A line of Java's: what, records, milliseconds.
fn line(text: &str, what: &str) -> Option<(u64, u64)> {
    let mut words = text.strip_prefix("@@ ")?.split(' ');
    (words.next()? == what)
        .then(|| Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?)))?
}

/// When restores began and ended, and how many records came.
#[derive(Default)]
struct Ours(Mutex<(Option<Instant>, Option<Instant>, u64)>);

impl RestoreListener for Ours {
    fn on_restore_start(&self, _: &StoreRestore<'_>) {
        self.0.lock().unwrap().0.get_or_insert_with(Instant::now);
    }

    fn on_restore_end(&self, restore: &StoreRestore<'_>) {
        let mut ours = self.0.lock().unwrap();
        ours.1 = Some(Instant::now());
        ours.2 += restore.records;
    }
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

    // Java's member is gone when its session is.
    let deadline = Instant::now() + PATIENCE;
    while application.broker.active_members(&application.id).unwrap() > 0 {
        assert!(Instant::now() < deadline, "Java's member stays");
        std::thread::sleep(Duration::from_millis(50));
    }

    let started = Instant::now();
    let listener = Arc::new(Ours::default());
    let streams = application.start_listening(&count::app(), 0, Some(Arc::clone(&listener).into()));
    while streams.progress().restored < ROWS {
        assert!(started.elapsed() < PATIENCE, "{:?}", streams.progress());
        std::thread::sleep(Duration::from_millis(1));
    }
    let ours_total = started.elapsed().as_millis();
    // The listener hears of an end after the count.
    let (begin, end) = loop {
        if let (Some(begin), Some(end), ROWS) = *listener.0.lock().unwrap() {
            break (begin, end);
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let ours = end.duration_since(begin).as_millis();
    println!(
        "restored {ROWS} rows: Java in {java_restore} ms, {java_total} ms from its start on; ours \
         in {ours} ms, {ours_total} ms from the start on"
    );
    let restored = streams.progress().restored;
    assert_eq!(restored, ROWS, "rows that were restored");
    streams.stop();
    streams.wait().unwrap();
}
