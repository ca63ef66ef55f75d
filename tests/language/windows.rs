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
