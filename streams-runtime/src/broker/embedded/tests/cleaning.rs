//! Retention, deletion and compaction.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::broker::embedded::producer::now_ms;

const COMPACT: &[(&str, &str)] = &[("cleanup.policy", "compact"), ("delete.retention.ms", "1000")];

#[test]
fn deleted_records_are_gone_and_the_offsets_stay_after_a_restart() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 1, &[])]);
    let mut c = client(&broker, &["t"]);
    for i in 0..10 {
        append(&mut *c, "t", 0, "k", Some(&i.to_string()));
        if i % 3 == 2 {
            commit(&mut *c);
        }
    }
    commit(&mut *c);
    c.assign(&[(at("t", 0), Some(Position::Earliest))]).unwrap();
    broker.delete_records(&[(at("t", 0), 4)]).unwrap();
    assert_eq!(broker.beginning_offsets(&[at("t", 0)]).unwrap(), [4]);
    assert_eq!(read(&broker, "t", 0, Position::Earliest)[0], row(0, 4, "k", "4"));
    let e = c.poll(Duration::ZERO, 1, &mut |_| {}).unwrap_err().to_string();
    assert!(e.contains("t-0 from offset 0 on were deleted"), "{e}");
    assert!(c.assign(&[(at("t", 0), Some(Position::Offset(3)))]).is_err());
    assert!(broker.delete_records(&[(at("t", 0), 11)]).is_err());
    broker.delete_records(&[(at("t", 0), 10)]).unwrap();
    drop((c, broker));

    let broker = open(&dir);
    assert_eq!(broker.beginning_offsets(&[at("t", 0)]).unwrap(), [10]);
    assert_eq!(broker.end_offsets(&[at("t", 0)]).unwrap(), [10]);
    assert_eq!(read(&broker, "t", 0, Position::Earliest), []);
}

#[test]
fn retention_by_time_deletes_whole_batches_up_to_the_first_young_one() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 1, &[("retention.ms", "60000")])]);
    let mut c = client(&broker, &["t"]);
    let now = now_ms();
    for timestamps in [[0, 5], [7, now], [8, 9]] {
        for timestamp in timestamps {
            append_at(&mut *c, "t", 0, timestamp, "k", Some("v"));
        }
        commit(&mut *c);
    }
    broker.clean().unwrap();
    let offsets: Vec<i64> =
        read(&broker, "t", 0, Position::Earliest).iter().map(|row| row.1).collect();
    assert_eq!(offsets, [2, 3, 4, 5]);
}

#[test]
fn rows_of_a_compacted_topic_age_by_the_newest_of_them() {
    let dir = TempDir::new().unwrap();
    let config = &[("cleanup.policy", "compact,delete"), ("retention.ms", "1000")];
    let broker = log_with(&dir, &[("t", 1, config)]);
    let mut c = client(&broker, &["t"]);
    // Long ago, all of it.
    let mut kept = |timestamps: &[i64]| {
        for timestamp in timestamps {
            append_at(&mut *c, "t", 0, *timestamp, &timestamp.to_string(), Some("v"));
            commit(&mut *c);
        }
        broker.clean().unwrap();
        let rows = read(&broker, "t", 0, Position::Earliest);
        rows.iter().map(|row| row.1).collect::<Vec<i64>>()
    };
    assert_eq!(kept(&[5_000, 5_500, 5_999]), [0, 1, 2]);
    assert_eq!(kept(&[6_001]), [1, 2, 3]);
    assert_eq!(kept(&[6_000, 9_000]), [5]);
}

#[test]
fn retention_by_size_keeps_at_least_that_much() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 1, &[("retention.bytes", "25000")])]);
    let mut c = client(&broker, &["t"]);
    let large = "x".repeat(10_000);
    for _ in 0..6 {
        append(&mut *c, "t", 0, "k", Some(&large));
        commit(&mut *c);
    }
    broker.clean().unwrap();
    assert_eq!(broker.beginning_offsets(&[at("t", 0)]).unwrap(), [3]);
    append(&mut *c, "t", 0, "k", Some(&large));
    commit(&mut *c);
    broker.clean().unwrap();
    assert_eq!(broker.beginning_offsets(&[at("t", 0)]).unwrap(), [4]);
}

#[test]
fn compaction_leaves_alone_what_is_younger_than_its_lag() {
    let dir = TempDir::new().unwrap();
    let lag = ("min.compaction.lag.ms", "60000");
    let broker = log_with(&dir, &[("t", 1, &[("cleanup.policy", "compact"), lag])]);
    let mut c = client(&broker, &["t"]);
    let now = now_ms();
    for timestamps in [[1, 2], [now, now], [3, 4]] {
        for timestamp in timestamps {
            append_at(&mut *c, "t", 0, timestamp, "k", Some("v"));
        }
        commit(&mut *c);
    }
    broker.compact("t").unwrap();
    let offsets: Vec<i64> =
        read(&broker, "t", 0, Position::Earliest).iter().map(|row| row.1).collect();
    assert_eq!(offsets, [1, 2, 3, 4, 5]);
}

#[test]
fn a_tombstone_goes_after_its_time_and_not_before() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 1, COMPACT)]);
    let mut c = client(&broker, &["t"]);
    append(&mut *c, "t", 0, "a", Some("1"));
    append(&mut *c, "t", 0, "a", None);
    append(&mut *c, "t", 0, "b", Some("2"));
    commit(&mut *c);
    let topic = broker.log.topic("t").unwrap();
    let keys_at = |now| -> Vec<String> {
        broker.log.compact(&topic, 0, now).unwrap();
        read(&broker, "t", 0, Position::Earliest).into_iter().map(|row| row.2.unwrap()).collect()
    };
    assert_eq!(keys_at(10_000), ["a", "b"]);
    assert_eq!(keys_at(11_000), ["a", "b"]);
    assert_eq!(keys_at(11_001), ["b"]);
    assert_eq!(broker.end_offsets(&[at("t", 0)]).unwrap(), [3]);
}

#[test]
fn enough_new_records_start_a_compaction_and_few_do_not() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 1, COMPACT)]);
    let mut c = client(&broker, &["t"]);
    let large = "x".repeat(1000);
    let mut fill = |records| {
        for i in 0..records {
            append(&mut *c, "t", 0, &format!("{}", i % 10), Some(&large));
        }
        commit(&mut *c);
        broker.clean().unwrap();
        read(&broker, "t", 0, Position::Earliest).len()
    };
    assert_eq!(fill(1000), 10);
    assert_eq!(fill(20), 30);
}

#[derive(Clone, Debug)]
struct Step {
    key: u8,
    value: Option<u16>,
    commit: bool,
    compact: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step =
        (0..12u8, prop::option::weighted(0.8, any::<u16>()), any::<bool>(), 0..20u8).prop_map(
            |(key, value, commit, compact)| Step { key, value, commit, compact: compact == 0 },
        );
    prop::collection::vec(step, 1..150)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Against a fold of the history; passes with little memory stop half way and go on.
    #[test]
    fn compaction_keeps_exactly_the_latest_of_each_key(
        steps in steps(), memory in 1..1500usize, pad in prop::sample::select(vec![0, 20_000]),
    ) {
        let dir = TempDir::new().unwrap();
        let broker = log_with(&dir, &[("t", 1, COMPACT)]);
        let topic = broker.log.topic("t").unwrap();
        let mut c = client(&broker, &["t"]);
        let mut latest = BTreeMap::new();
        let pad = "x".repeat(pad);
        for (offset, step) in steps.iter().enumerate() {
            let key = step.key.to_string();
            let value = step.value.map(|v| format!("{v}{pad}"));
            append(&mut *c, "t", 0, &key, value.as_deref());
            latest.insert(key, (offset as i64, value));
            if step.commit {
                commit(&mut *c);
            }
            if step.compact {
                broker.log.pass(&topic, 0, 0, memory).unwrap();
            }
        }
        commit(&mut *c);
        while !broker.log.pass(&topic, 0, 0, memory).unwrap() {}
        let mut expected: Vec<Row> =
            latest.into_iter().map(|(k, (o, v))| (0, o, Some(k), v)).collect();
        expected.sort_by_key(|row| row.1);
        prop_assert_eq!(&read(&broker, "t", 0, Position::Earliest), &expected);
        let end = steps.len() as i64;
        prop_assert_eq!(broker.end_offsets(&[at("t", 0)]).unwrap(), [end]);
        for from in [1, end / 2, end - 1, end] {
            let rest: Vec<Row> = expected.iter().filter(|row| row.1 >= from).cloned().collect();
            prop_assert_eq!(read(&broker, "t", 0, Position::Offset(from)), rest);
        }
        // After their time the tombstones go, and nothing else does.
        broker.log.compact(&topic, 0, 1001).unwrap();
        expected.retain(|row| row.3.is_some());
        prop_assert_eq!(&read(&broker, "t", 0, Position::Earliest), &expected);
        drop((c, topic, broker));
        prop_assert_eq!(read(&open(&dir), "t", 0, Position::Earliest), expected);
    }
}
