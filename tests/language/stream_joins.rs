//! Stream–stream joins, and the two faults of Kafka Streams that `semantics = kafka_streams` keeps
//! (KAFKA-19536 and KAFKA-16123; the records are those that show them on a real broker).

use proptest::prelude::*;
use streams::prelude::*;

use crate::s;

macro_rules! joins {
    ($name:ident, { $($setting:tt)* }) => {
        #[topology]
        mod $name {
            topology! {
                $($setting)*
                source l: stream<String, String> = "l";
                source r: stream<String, String> = "r";
                sink inner: stream<String, String> = "inner";
                sink left: stream<String, String> = "left";

                l.join(r, |a, b| -> String { format!("{a}/{b}") }, within(10ms), name = pairs).to(inner);
                l.left_join(
                    r,
                    |a, b| -> String { format!("{a}/{}", b.map_or("null", String::as_str)) },
                    within(10ms),
                    grace(100ms),
                    name = kept,
                )
                .to(left);
            }
        }
    };
}

joins!(right_by_default, {});
joins!(as_kafka_streams, {
    semantics = kafka_streams;
});

#[test]
fn an_unjoined_result_comes_once_and_only_when_no_partner_can_come() {
    let mut driver = right_by_default::test_driver();
    driver.l().pipe(s("z"), s("adv"), 50).unwrap();
    driver.l().pipe(s("k"), s("late"), 30).unwrap();
    driver.r().pipe(s("k"), s("R"), 32).unwrap();
    let left = driver.left().read().unwrap();
    let got: Vec<_> = left.iter().map(|r| (r.value.as_deref().unwrap(), r.timestamp)).collect();
    assert_eq!(got, [("late/R", 32)]);
    // The window of z has closed at 50 + 10 + 100.
    driver.l().pipe(s("other"), s("x"), 160).unwrap();
    assert!(driver.left().read().unwrap().is_empty());
    driver.l().pipe(s("other"), s("x"), 161).unwrap();
    assert_eq!(driver.left().read_key_values().unwrap(), [(s("z"), s("adv/null"))]);
}

#[test]
fn kafka_streams_gives_a_premature_null_and_then_the_match() {
    let mut driver = as_kafka_streams::test_driver();
    driver.l().pipe(s("z"), s("adv"), 50).unwrap();
    driver.l().pipe(s("k"), s("late"), 30).unwrap();
    driver.r().pipe(s("k"), s("R"), 32).unwrap();
    let left = driver.left().read_key_values().unwrap();
    assert_eq!(left, [(s("k"), s("late/null")), (s("k"), s("late/R"))]);
}

#[test]
fn late_is_late_on_both_sides_by_one_clock() {
    for advance_left in [true, false] {
        let mut driver = right_by_default::test_driver();
        driver.r().pipe(s("k"), s("R"), 100).unwrap();
        match advance_left {
            true => driver.l().pipe(s("z"), s("adv"), 130).unwrap(),
            false => driver.r().pipe(s("z"), s("adv"), 130).unwrap(),
        }
        driver.l().pipe(s("k"), s("late"), 95).unwrap();
        assert!(driver.inner().read().unwrap().is_empty());
        assert_eq!(driver.counters().dropped_late, 1);
    }
}

#[test]
fn in_kafka_streams_it_depends_on_whose_record_moved_the_time_on() {
    let mut driver = as_kafka_streams::test_driver();
    driver.r().pipe(s("k"), s("R"), 100).unwrap();
    driver.l().pipe(s("z"), s("adv"), 130).unwrap();
    driver.l().pipe(s("k"), s("late"), 95).unwrap();
    assert_eq!(driver.inner().read_key_values().unwrap(), [(s("k"), s("late/R"))]);
}

#[topology]
mod folded {
    topology! {
        source l: stream<u8, i64> = "l", key_format = json;
        source r: stream<u8, i64> = "r", key_format = json;
        sink inner: stream<u8, (Option<i64>, Option<i64>)> = "inner", key_format = json, format = json;
        sink left: stream<u8, (Option<i64>, Option<i64>)> = "left", key_format = json, format = json;
        sink outer: stream<u8, (Option<i64>, Option<i64>)> = "outer", key_format = json, format = json;

        l.join(
            r,
            |a, b| -> (Option<i64>, Option<i64>) { (Some(*a), Some(*b)) },
            within(5ms, 12ms),
            grace(20ms),
            name = pairs,
        )
        .to(inner);
        l.left_join(
            r,
            |a, b| -> (Option<i64>, Option<i64>) { (Some(*a), b.copied()) },
            within(5ms, 12ms),
            grace(20ms),
            name = kept,
        )
        .to(left);
        l.outer_join(
            r,
            |a, b| -> (Option<i64>, Option<i64>) { (a.copied(), b.copied()) },
            within(5ms, 12ms),
            grace(20ms),
            name = all,
        )
        .to(outer);
    }
}

/// Time, key, and what came together.
type Result = (i64, u8, (Option<i64>, Option<i64>));

proptest! {
    /// Where nothing is late: every pair within the times once, and once each record without one.
    #[test]
    fn joins_are_a_fold_over_all_pairs(
        steps in prop::collection::vec((any::<bool>(), 0..3u8, 0..9i64, 0..=20i64), 0..60),
    ) {
        let mut driver = folded::test_driver();
        let mut now = 0;
        let (mut lefts, mut rights) = (Vec::new(), Vec::new());
        for (number, (is_left, key, step, back)) in steps.into_iter().enumerate() {
            now += step;
            let (number, at) = (number as i64, (now - back).max(0));
            match is_left {
                true => {
                    driver.l().pipe(key, number, at).unwrap();
                    lefts.push((key, number, at));
                }
                false => {
                    driver.r().pipe(key, number, at).unwrap();
                    rights.push((key, number, at));
                }
            }
        }
        // Everything before it has closed; it is open itself.
        driver.l().pipe(9, -1, 1_000_000).unwrap();
        let meet = |l: &&(u8, i64, i64), r: &&(u8, i64, i64)| {
            l.0 == r.0 && (l.2 - 5..=l.2 + 12).contains(&r.2)
        };
        let mut pairs: Vec<Result> = Vec::new();
        for l in &lefts {
            for r in rights.iter().filter(|r| meet(&l, r)) {
                pairs.push((l.2.max(r.2), l.0, (Some(l.1), Some(r.1))));
            }
        }
        let alone = |l: &&(u8, i64, i64)| !rights.iter().any(|r| meet(l, &r));
        let only_left = lefts.iter().filter(alone).map(|l| (l.2, l.0, (Some(l.1), None)));
        let unmet = |r: &&(u8, i64, i64)| !lefts.iter().any(|l| meet(&l, r));
        let only_right = rights.iter().filter(unmet).map(|r| (r.2, r.0, (None, Some(r.1))));
        let left: Vec<Result> = pairs.iter().copied().chain(only_left).collect();
        let outer: Vec<Result> = left.iter().copied().chain(only_right).collect();
        let inner_got = driver.inner().read().unwrap();
        let left_got = driver.left().read().unwrap();
        let outer_got = driver.outer().read().unwrap();
        for (got, mut expected) in [(inner_got, pairs), (left_got, left), (outer_got, outer)] {
            let mut got: Vec<Result> =
                got.into_iter().map(|r| (r.timestamp, r.key.unwrap(), r.value.unwrap())).collect();
            got.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(got, expected);
        }
        prop_assert_eq!(driver.counters().dropped_late, 0);
    }
}
