use std::collections::BTreeMap;

use proptest::prelude::*;
use streams::prelude::*;

use crate::s;

#[topology]
mod tumbling {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        sink counted: stream<Windowed<String>, i64> = "counted";
        sink summed: stream<String, String> = "summed";

        let groups = clicks;
        groups
            .group_by_key()
            .window(tumbling(10ms), grace(5ms))
            .count(counts)
            .to_stream()
            .to(counted);
        groups
            .group_by_key()
            .window(tumbling(10ms), grace(5ms), retention(1m))
            .aggregate(sums: i64 = 0, |n, sum| *sum += n)
            .to_stream()
            .map(|k, sum| (k.key.clone(), format!("{}..{}={sum}", k.window.start, k.window.end)))
            .to(summed);
    }
}

#[test]
fn a_late_record_is_dropped_and_counted_once_its_window_and_grace_have_passed() {
    let mut driver = tumbling::test_driver();
    for (n, ts) in [(1, 3), (2, 9), (3, 12), (4, 8), (5, 15), (6, 9), (7, 10)] {
        driver.clicks().pipe(s("k"), n, ts).unwrap();
    }
    let summed = driver.summed().read_key_values().unwrap();
    let got: Vec<_> = summed.iter().map(|r| r.1.as_str()).collect();
    assert_eq!(got, ["0..10=1", "0..10=3", "10..20=3", "0..10=7", "10..20=8", "10..20=15"]);
    // One record, late for both operators.
    assert_eq!(driver.counters().dropped_late, 2);
    let counted = driver.counted().read().unwrap();
    let got: Vec<_> = counted
        .iter()
        .map(|r| (r.key.as_ref().unwrap().window.start, r.value.unwrap(), r.timestamp))
        .collect();
    assert_eq!(got, [(0, 1, 3), (0, 2, 9), (10, 1, 12), (0, 3, 9), (10, 2, 15), (10, 3, 15)]);
    let rows = driver.store_rows("counts").unwrap();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!(rows[1].key, [&b"k"[..], &10i64.to_be_bytes(), &[0; 4]].concat());
}

#[test]
fn the_end_of_time_is_a_window_like_another() {
    let mut driver = tumbling::test_driver();
    driver.clicks().pipe(s("k"), 1, i64::MAX).unwrap();
    driver.clicks().pipe(s("k"), 1, 0).unwrap();
    assert_eq!(driver.counted().read().unwrap().len(), 1);
    assert_eq!(driver.counters().dropped_late, 2);
}

#[topology]
mod slid {
    topology! {
        source input: stream<String, i64> = "input";
        sink sums: table<Windowed<String>, i64> = "sums";

        input
            .group_by_key()
            .window(sliding(10ms), grace(1m))
            .aggregate(all: i64 = 0, |n, sum| *sum += n)
            .to(sums);
    }
}

proptest! {
    /// A window ends at each record, and one begins behind each that has others in it: each with the sum of
    /// its records.
    #[test]
    fn sliding_windows_are_a_fold_over_all_records(
        records in prop::collection::vec((0..2u8, 0..100i64, 1..100i64), 0..40),
    ) {
        let mut driver = slid::test_driver();
        for (key, at, n) in &records {
            driver.input().pipe(key.to_string(), *n, *at).unwrap();
        }
        let mut expected = BTreeMap::new();
        for (key, at, _) in &records {
            for start in [(at - 10).max(0), at + 1] {
                let within = |r: &&(u8, i64, i64)| r.0 == *key && (start..=start + 10).contains(&r.1);
                let mut inside = records.iter().filter(within).peekable();
                if inside.peek().is_some() {
                    expected.insert((key.to_string(), start), inside.map(|r| r.2).sum::<i64>());
                }
            }
        }
        let mut got = BTreeMap::new();
        for (key, sum) in driver.sums().read_key_values().unwrap() {
            got.insert((key.key, key.window.start), sum);
        }
        prop_assert_eq!(got, expected);
    }
}
