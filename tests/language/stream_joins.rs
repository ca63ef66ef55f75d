//! Stream–stream joins, and the two faults of Kafka Streams that `semantics = kafka_streams` keeps
//! (KAFKA-19536 and KAFKA-16123; the records are those that show them on a real broker).

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
