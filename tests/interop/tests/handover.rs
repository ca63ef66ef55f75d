//! An application goes from Java's Kafka Streams to ours and back: the same application id, topics and
//! offsets, state from the other's changelogs. Counts go on without a gap or a repetition.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "tests fail by panicking"
)]

mod application;

use application::{Application, KEYS};
use interop::{bank, count, recount, session, versioned, windowed};
use streams::{App, Topology};

/// Java, ours, Java, ours: each goes on from the other's changelogs and offsets.
fn hand_over<T: Topology>(name: &'static str, app: &App<T>) -> Application {
    let mut application = Application::new(name);
    for round in 0..2 {
        application.write();
        application.java(round);
        application.write();
        application.ours(app, round);
    }
    application
}

/// Counts of every key go 1, 2, 3 ….
fn assert_gapless(application: &Application) {
    let results = application.results();
    for (key, counts) in &results {
        let expected: Vec<Option<i64>> = (1..=counts.len() as i64).map(Some).collect();
        assert_eq!(counts, &expected, "{}", String::from_utf8_lossy(key));
    }
    let all: usize = results.values().map(Vec::len).sum();
    assert_eq!(all as i64, application.written);
}

#[test]
#[ignore = "needs a broker and Kafka Streams: cargo xtask test has both"]
fn a_count_goes_from_java_to_ours_and_back() {
    assert_gapless(&hand_over("count", &count::app()));
}

#[test]
#[ignore = "needs a broker and Kafka Streams: cargo xtask test has both"]
fn a_count_behind_a_repartition_topic_goes_from_java_to_ours_and_back() {
    assert_gapless(&hand_over("recount", &recount::app()));
}

#[test]
#[ignore = "needs a broker and Kafka Streams: cargo xtask test has both"]
fn a_windowed_count_goes_from_java_to_ours_and_back() {
    assert_gapless(&hand_over("windowed", &windowed::app()));
}

#[test]
#[ignore = "needs a broker and Kafka Streams: cargo xtask test has both"]
fn a_session_count_goes_from_java_to_ours_and_back() {
    let application = hand_over("session", &session::app());
    // One session of each key is left, and has everything.
    let last = |counts: Vec<Option<i64>>| counts.last().copied().flatten();
    let live: Vec<i64> = application.results().into_values().filter_map(last).collect();
    assert_eq!(live, vec![application.written / KEYS; KEYS as usize]);
}

#[test]
#[ignore = "needs a broker and Kafka Streams: cargo xtask test has both"]
fn a_versioned_store_goes_from_java_to_ours_and_back() {
    assert_gapless(&hand_over("versioned", &versioned::app()));
}

#[test]
#[ignore = "needs a broker and Kafka Streams: cargo xtask test has both"]
fn the_bank_s_store_goes_from_java_to_ours_and_back() {
    let application = hand_over("bank", &bank::app());
    let results = application.results();
    assert_eq!(results.len() as i64, KEYS);
    for (key, totals) in &results {
        // A withdrawal a second, of which those of 20 seconds count.
        let expected: Vec<Option<i64>> =
            (1..=application.written / KEYS).map(|n| Some(n.min(20))).collect();
        assert_eq!(totals, &expected, "{}", String::from_utf8_lossy(key));
    }
}
