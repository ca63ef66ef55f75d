//! `suppress`: updates held back, until their window closes or for a time.

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
                table rows: table<String, i64> = "rows";
                sink tumbling: stream<Windowed<String>, i64> = "tumbling";
                sink sliding: stream<Windowed<String>, i64> = "sliding";
                sink session: stream<Session<String>, i64> = "session";
                sink held: stream<String, Option<i64>> = "held";
                sink few: table<String, i64> = "few";
                sink total: stream<i64, i64> = "total";

                input
                    .group_by_key()
                    .window(tumbling(10ms), grace(5ms))
                    .count(by_tumbling)
                    .suppress(until_close)
                    .to_stream()
                    .to(tumbling);
                input
                    .group_by_key()
                    .window(sliding(10ms), grace(5ms))
                    .count(by_sliding)
                    .suppress(until_close)
                    .to_stream()
                    .to(sliding);
                input
                    .group_by_key()
                    .window(session(10ms), grace(5ms))
                    .count(by_session)
                    .suppress(until_close, name = final_sessions)
                    .to_stream()
                    .to(session);
                let later = rows.suppress(until(10ms));
                later.to_stream().to(held);
                later
                    .group_by(|_, v| -> (i64, i64) { (0, *v) })
                    .aggregate(sum: i64 = 0, |v, sum| *sum += v, |v, sum| *sum -= v)
                    .to_stream()
                    .to(total);
                rows.suppress(until(1h), max_records = 2, name = little).to(few);
            }
        }
    };
}

windows!(right_by_default, {});
windows!(as_kafka_streams, {
    semantics = kafka_streams;
});

fn headers(text: &str) -> streams::HeaderBuf {
    let mut headers = streams::HeaderBuf::new();
    headers.push("by", Some(text.as_bytes()));
    headers
}

#[test]
fn a_windows_result_comes_when_it_closes_with_the_headers_of_its_last_record() {
    let mut driver = right_by_default::test_driver();
    for (ts, by) in [(1, "first"), (4, "last")] {
        driver.input().pipe_with_headers(s("k"), 1, ts, &headers(by)).unwrap();
    }
    driver.input().pipe(s("x"), 1, 14).unwrap();
    assert!(driver.tumbling().read().unwrap().is_empty());
    driver.input().pipe(s("x"), 1, 15).unwrap();
    let got = driver.tumbling().read().unwrap();
    assert_eq!(got.len(), 1);
    assert_eq!((got[0].value, got[0].timestamp), (Some(2), 4));
    assert_eq!(got[0].headers, headers("last"));
}

#[test]
fn of_several_updates_the_last_comes_once_the_first_has_waited_long_enough() {
    let mut driver = right_by_default::test_driver();
    for (key, value, ts) in [("a", 1, 0), ("a", 2, 5), ("b", 7, 6), ("a", 3, 9)] {
        driver.rows().pipe(s(key), value, ts).unwrap();
    }
    assert!(driver.held().read().unwrap().is_empty());
    driver.rows().pipe(s("c"), None, 10).unwrap();
    driver.rows().pipe(s("c"), None, 16).unwrap();
    let got: Vec<_> = driver
        .held()
        .read()
        .unwrap()
        .into_iter()
        .map(|r| (r.key.unwrap(), r.value, r.timestamp))
        .collect();
    assert_eq!(got, [(s("a"), Some(3), 9), (s("b"), Some(7), 6)]);
}

/// Kafka Streams hands on what a key had before the last update, whether that was given on or not.
#[test]
fn a_subtractor_behind_it_sees_what_was_added_and_nothing_else() {
    let mut right = right_by_default::test_driver();
    let mut kafka = as_kafka_streams::test_driver();
    for (key, value, ts) in [("b", 10, 0), ("a", 1, 1), ("a", 2, 5), ("a", 3, 9), ("z", 0, 11)] {
        right.rows().pipe(s(key), value, ts).unwrap();
        kafka.rows().pipe(s(key), value, ts).unwrap();
    }
    let last = |records: Vec<(i64, i64)>| records.last().map(|(_, sum)| *sum);
    assert_eq!(last(right.total().read_key_values().unwrap()), Some(13));
    assert_eq!(last(kafka.total().read_key_values().unwrap()), Some(11));
}

#[test]
fn a_full_buffer_gives_on_what_is_due_first() {
    let mut driver = right_by_default::test_driver();
    for (key, value, ts) in [("c", 1, 5), ("a", 2, 7), ("a", 3, 8), ("b", 4, 6), ("d", 5, 1)] {
        driver.rows().pipe(s(key), value, ts).unwrap();
    }
    assert_eq!(driver.few().read_key_values().unwrap(), [(s("c"), 1), (s("d"), 5)]);
}

/// Sliding windows and sessions own their last millisecond; Kafka Streams closes them before it.
#[test]
fn a_sliding_window_comes_once() {
    let mut right = right_by_default::test_driver();
    let mut kafka = as_kafka_streams::test_driver();
    // At 25 the window that ends at 20 takes a record still.
    for ts in [20, 25, 20, 1000] {
        right.input().pipe(s("k"), 1, ts).unwrap();
        kafka.input().pipe(s("k"), 1, ts).unwrap();
    }
    let at_10 = |records: Vec<(Windowed<String>, i64)>| -> Vec<i64> {
        records.into_iter().filter(|(k, _)| k.window.start == 10).map(|(_, n)| n).collect()
    };
    assert_eq!(at_10(right.sliding().read_key_values().unwrap()), [2]);
    assert_eq!(at_10(kafka.sliding().read_key_values().unwrap()), [1, 2]);
}

#[topology]
mod strict {
    topology! {
        source input: stream<String, i64> = "input";
        sink out: table<Windowed<String>, i64> = "out";

        input
            .group_by_key()
            .window(tumbling(10ms))
            .count(counts)
            .suppress(until_close, max_bytes = 99, on_full = shut_down)
            .to(out);
    }
}

#[test]
fn a_full_buffer_that_may_not_give_on_early_stops_the_application() {
    let mut driver = strict::test_driver();
    driver.input().pipe(s("a"), 1, 0).unwrap();
    let e = driver.input().pipe(s("b"), 1, 0).unwrap_err();
    let text = e.to_string();
    assert!(text.contains("`counts_suppress-store`: 2 updates wait (no limit)"), "{text}");
    assert!(text.contains("on_full = emit_early"), "{text}");
}

#[test]
fn what_waits_is_written_as_kafka_streams_writes_it_and_read_back() {
    let mut driver = right_by_default::test_driver();
    driver.rows().pipe_with_headers(s("a"), 258, 5, &headers("me")).unwrap();
    let rows = driver.store_rows("rows_suppress-store").unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].key, b"a");
    let mut value = Vec::new();
    value.extend_from_slice(&5i64.to_be_bytes()); // timestamp
    value.extend_from_slice(&0i64.to_be_bytes()); // offset
    value.extend_from_slice(&4i32.to_be_bytes());
    value.extend_from_slice(b"rows");
    value.extend_from_slice(&0i32.to_be_bytes()); // partition
    value.extend_from_slice(&1i32.to_be_bytes()); // headers
    value.extend_from_slice(&[0, 0, 0, 2, b'b', b'y', 0, 0, 0, 2, b'm', b'e']);
    value.extend_from_slice(&(-1i32).to_be_bytes()); // prior
    value.extend_from_slice(&(-1i32).to_be_bytes()); // old
    value.extend_from_slice(&8i32.to_be_bytes());
    value.extend_from_slice(&258i64.to_be_bytes());
    value.extend_from_slice(&5i64.to_be_bytes()); // time
    assert_eq!(rows[0].value, value);
    // Into a fresh application, through the changelog.
    let mut fresh = right_by_default::test_driver();
    let version = {
        let mut version = streams::HeaderBuf::new();
        version.push("v", Some(&[3]));
        version
    };
    let record = streams::RecordRef {
        offset: 0,
        timestamp: 5,
        key: Some(&rows[0].key),
        value: Some(&rows[0].value),
        headers: version.as_headers(),
    };
    let mut batch = streams::store::FlushBatch::new();
    let restored = fresh.for_each_store(|store| match store.name() {
        "rows_suppress-store" => store.restore(&record, &mut batch),
        _ => Ok(()),
    });
    restored.unwrap();
    fresh.rows().pipe(s("b"), 1, 15).unwrap();
    let held = fresh.held().read().unwrap();
    assert_eq!((held[0].key.clone(), held[0].value), (Some(s("a")), Some(258)));
    assert_eq!((held[0].timestamp, held[0].headers.clone()), (5, headers("me")));
}

proptest! {
    #[test]
    fn each_window_comes_once_with_its_last_value(
        steps in prop::collection::vec((0..3u8, -20..30i64), 1..60),
    ) {
        let mut driver = right_by_default::test_driver();
        let (mut at, mut now) = (0i64, -1i64);
        let mut counts: BTreeMap<(i64, String), i64> = BTreeMap::new();
        for (key, step) in steps {
            at = (at + step).max(0);
            now = now.max(at);
            driver.input().pipe(key.to_string(), 1, at).unwrap();
            let start = at - at % 10;
            if start + 15 > now {
                *counts.entry((start, key.to_string())).or_default() += 1;
            }
        }
        driver.input().pipe(s("last"), 1, 1_000_000).unwrap();
        let got: Vec<_> = driver
            .tumbling()
            .read_key_values()
            .unwrap()
            .into_iter()
            .map(|(k, n)| ((k.window.start, k.key), n))
            .collect();
        // In the order of ends, then keys, whenever they closed.
        prop_assert_eq!(got, counts.into_iter().collect::<Vec<_>>());
        for windows in [
            driver.sliding().read().unwrap().into_iter().map(|r| format!("{:?}", r.key)).collect::<Vec<_>>(),
            driver.session().read().unwrap().into_iter().map(|r| format!("{:?}", r.key)).collect(),
        ] {
            let mut once = windows.clone();
            once.sort();
            once.dedup();
            prop_assert_eq!(once.len(), windows.len());
        }
    }

    #[test]
    fn any_row_of_the_changelog_is_read_or_refused(key: Vec<u8>, value: Vec<u8>) {
        let mut driver = right_by_default::test_driver();
        let mut version = streams::HeaderBuf::new();
        version.push("v", Some(&[3]));
        let (key, value) = (Some(&key[..]), Some(&value[..]));
        let headers = version.as_headers();
        let record = streams::RecordRef { offset: 0, timestamp: 0, key, value, headers };
        let mut batch = streams::store::FlushBatch::new();
        let _ = driver.for_each_store(|store| match store.name().ends_with("-store") {
            true => store.restore(&record, &mut batch),
            false => Ok(()),
        });
    }
}
