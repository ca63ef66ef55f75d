//! `window(…, emit(on_close))`: one result a window. Kafka Streams loses windows with the default
//! retention: what the record that closes a window makes the store forget is not given on any more.

use std::collections::BTreeMap;

use proptest::prelude::*;
use streams::prelude::*;

use crate::s;

macro_rules! windows {
    ($name:ident, { $($setting:tt)* }) => {
        #[topology]
        mod $name {
            topology! {
                $($setting)*
                source input: stream<String, i64> = "input";
                sink tumbling: stream<Windowed<String>, i64> = "tumbling";
                sink hopping: stream<Windowed<String>, i64> = "hopping";
                sink sliding: stream<Windowed<String>, i64> = "sliding";
                sink updates: stream<Windowed<String>, Option<i64>> = "updates";
                sink session: stream<Session<String>, i64> = "session";
                sink kept: stream<Windowed<String>, i64> = "kept";

                let groups = input;
                groups
                    .group_by_key()
                    .window(tumbling(10ms), grace(5ms), emit(on_close))
                    .count(by_tumbling)
                    .to_stream()
                    .to(tumbling);
                groups
                    .group_by_key()
                    .window(hopping(10ms, 3ms), grace(2ms), emit(on_close))
                    .aggregate(by_hopping: i64 = 0, |n, sum| *sum += n)
                    .to_stream()
                    .to(hopping);
                groups
                    .group_by_key()
                    .window(sliding(10ms), grace(5ms), emit(on_close))
                    .reduce(by_sliding, |old, new| old + new)
                    .to_stream()
                    .to(sliding);
                groups
                    .group_by_key()
                    .window(sliding(10ms), grace(5ms))
                    .reduce(updated, |old, new| old + new)
                    .to_stream()
                    .to(updates);
                groups
                    .group_by_key()
                    .window(session(10ms), grace(5ms), emit(on_close))
                    .reduce(by_session, |old, new| old + new)
                    .to_stream()
                    .to(session);
                groups
                    .group_by_key()
                    .window(tumbling(10ms), grace(5ms), retention(1s), emit(on_close))
                    .count(long)
                    .to_stream()
                    .to(kept);
            }
        }
    };
}

windows!(right_by_default, {});
windows!(as_kafka_streams, {
    semantics = kafka_streams;
});

#[test]
fn a_window_gives_its_last_result_when_it_closes_and_no_other() {
    let mut driver = right_by_default::test_driver();
    for (key, ts) in [("b", 1), ("a", 4), ("b", 12), ("a", 3), ("x", 14)] {
        driver.input().pipe(s(key), 1, ts).unwrap();
    }
    assert!(driver.tumbling().read().unwrap().is_empty());
    let mut headers = streams::HeaderBuf::new();
    headers.push("why", Some(b"closes"));
    driver.input().pipe_with_headers(s("x"), 1, 15, &headers).unwrap();
    let got: Vec<_> = driver
        .tumbling()
        .read()
        .unwrap()
        .into_iter()
        .map(|r| (r.key.unwrap().key, r.value.unwrap(), r.timestamp, r.headers == headers))
        .collect();
    assert_eq!(got, [(s("a"), 2, 4, true), (s("b"), 1, 1, true)]);
    // Late now.
    driver.input().pipe(s("a"), 1, 9).unwrap();
    assert!(driver.tumbling().read().unwrap().is_empty());
}

/// Finding: with the default retention, a jump in time makes the store forget what it closes.
#[test]
fn a_jump_in_time_loses_no_window() {
    let mut right = right_by_default::test_driver();
    let mut kafka = as_kafka_streams::test_driver();
    for ts in [0, 20, 120] {
        right.input().pipe(s("k"), 1, ts).unwrap();
        kafka.input().pipe(s("k"), 1, ts).unwrap();
    }
    let starts = |records: Vec<(Windowed<String>, i64)>| -> Vec<i64> {
        records.into_iter().map(|(k, _)| k.window.start).collect()
    };
    assert_eq!(starts(right.tumbling().read_key_values().unwrap()), [0, 20]);
    assert!(kafka.tumbling().read().unwrap().is_empty());
    // With a long retention Kafka Streams gives them on as well.
    assert_eq!(starts(right.kept().read_key_values().unwrap()), [0, 20]);
    assert_eq!(starts(kafka.kept().read_key_values().unwrap()), [0, 20]);
}

#[test]
fn sessions_far_apart_are_lost_in_kafka_streams_only() {
    let mut right = right_by_default::test_driver();
    let mut kafka = as_kafka_streams::test_driver();
    for ts in [0, 200_000, 400_000] {
        right.input().pipe(s("k"), 1, ts).unwrap();
        kafka.input().pipe(s("k"), 1, ts).unwrap();
    }
    assert_eq!(right.session().read().unwrap().len(), 2);
    assert!(kafka.session().read().unwrap().is_empty());
}

#[test]
fn a_closed_session_takes_no_part_in_later_ones() {
    let mut driver = right_by_default::test_driver();
    // The session at 0 has closed at 16; 9 is within its gap, and not late itself.
    for ts in [0, 16, 9, 40] {
        driver.input().pipe(s("k"), 1, ts).unwrap();
    }
    let sessions = driver.session().read_key_values().unwrap();
    let got: Vec<_> = sessions.into_iter().map(|(k, v)| (k.start, k.end, v)).collect();
    assert_eq!(got, [(0, 0, 1), (9, 16, 2)]);
}

#[test]
fn the_end_of_time_closes_everything_before_it() {
    let mut driver = right_by_default::test_driver();
    driver.input().pipe(s("k"), 1, 0).unwrap();
    driver.input().pipe(s("k"), 1, i64::MAX).unwrap();
    driver.input().pipe(s("k"), 1, i64::MAX).unwrap();
    for closed in [driver.tumbling().read().unwrap(), driver.kept().read().unwrap()] {
        assert_eq!(closed.len(), 1);
    }
    assert_eq!(driver.session().read().unwrap().len(), 1);
}

/// What a naive fold gives on: start, end (of sessions; a windowed key is written without), key, value.
type Given = Vec<(i64, i64, String, i64)>;

/// Windows of this length that start at these multiples.
fn fixed(records: &[(u8, i64, i64)], length: i64, advance: i64, grace: i64) -> Given {
    let mut open: BTreeMap<(i64, String), i64> = BTreeMap::new();
    let (mut now, mut given) = (-1, Vec::new());
    for (key, ts, n) in records {
        now = now.max(*ts);
        let closed: Vec<_> =
            open.keys().filter(|(start, _)| start + length + grace <= now).cloned().collect();
        for (start, key) in closed {
            let value = open.remove(&(start, key.clone())).unwrap();
            given.push((start, 0, key, value));
        }
        for start in (0..=*ts).step_by(advance as usize).filter(|start| ts - start < length) {
            if start + length + grace > now {
                *open.entry((start, key.to_string())).or_default() += n;
            }
        }
    }
    given
}

fn sessions(records: &[(u8, i64, i64)], gap: i64, grace: i64) -> Given {
    // By end, start and key: a value.
    let mut open: BTreeMap<(i64, i64, String), i64> = BTreeMap::new();
    let (mut now, mut given) = (-1, Vec::new());
    for (key, ts, n) in records {
        now = now.max(*ts);
        let closed: Vec<_> =
            open.keys().filter(|(end, ..)| end + gap + grace < now).cloned().collect();
        for (end, start, key) in closed {
            let value = open.remove(&(end, start, key.clone())).unwrap();
            given.push((start, end, key, value));
        }
        let key = key.to_string();
        let near: Vec<_> = open
            .keys()
            .filter(|(end, start, k)| *k == key && end + gap >= *ts && start - gap <= *ts)
            .cloned()
            .collect();
        let start = near.iter().map(|k| k.1).fold(*ts, i64::min);
        let end = near.iter().map(|k| k.0).fold(*ts, i64::max);
        if end + gap + grace < now {
            continue;
        }
        let sum: i64 = near.iter().map(|k| open.remove(k).unwrap()).sum();
        open.insert((end, start, key), sum + n);
    }
    given
}

fn shown(records: Vec<(Windowed<String>, i64)>) -> Given {
    let row = |(k, v): (Windowed<String>, i64)| (k.window.start, 0, k.key, v);
    records.into_iter().map(row).collect()
}

proptest! {
    #[test]
    fn each_window_comes_once_with_its_last_value(
        steps in prop::collection::vec((0..3u8, -20..30i64, 1..6i64), 1..60),
    ) {
        let mut at = 0i64;
        let mut records: Vec<_> = steps
            .into_iter()
            .map(|(key, step, n)| {
                at = (at + step).max(0);
                (key, at, n)
            })
            .collect();
        records.push((9, 1_000_000, 1));
        let mut driver = right_by_default::test_driver();
        for (key, ts, n) in &records {
            driver.input().pipe(key.to_string(), *n, *ts).unwrap();
        }
        let ones: Vec<_> = records.iter().map(|(key, ts, _)| (*key, *ts, 1)).collect();
        let tumbling = shown(driver.tumbling().read_key_values().unwrap());
        prop_assert_eq!(&tumbling, &fixed(&ones, 10, 10, 5));
        prop_assert_eq!(shown(driver.kept().read_key_values().unwrap()), tumbling);
        prop_assert_eq!(shown(driver.hopping().read_key_values().unwrap()), fixed(&records, 10, 3, 2));
        let session: Given = driver
            .session()
            .read_key_values()
            .unwrap()
            .into_iter()
            .map(|(k, v)| (k.start, k.end, k.key, v))
            .collect();
        prop_assert_eq!(session, sessions(&records, 10, 5));
        // Sliding windows: the last of their updates.
        let mut last = BTreeMap::new();
        for record in driver.updates().read().unwrap() {
            let key = record.key.unwrap();
            last.insert((key.window.start, key.key), record.value.unwrap());
        }
        let closed = last.into_iter().filter(|((start, _), _)| *start < 500_000);
        let expected: Given =
            closed.map(|((start, key), value)| (start, 0, key, value)).collect();
        let mut sliding = shown(driver.sliding().read_key_values().unwrap());
        sliding.sort();
        prop_assert_eq!(sliding, expected);
    }
}
