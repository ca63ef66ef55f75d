//! `cogroup`: several groups in one state.

use std::collections::BTreeMap;

use proptest::prelude::*;
use streams::prelude::*;

use crate::s;

#[topology]
mod plain {
    topology! {
        source clicks: stream<&str, i64> = "clicks";
        source names: stream<Option<String>, Option<String>> = "names";
        source moved: stream<i64, String> = "moved";
        sink texts: stream<String, Option<String>> = "texts";
        sink lengths: stream<i64, i64> = "lengths";

        let by_name = names.group_by_key();
        let by_text = moved.group_by(|_, text| -> String { text.clone() });
        let again = moved.group_by(|_, text| -> String { format!("{text}!") });
        let joined = clicks
            .group_by_key()
            .cogroup(|n, text| {
                *text = match n {
                    0 => None,
                    n => Some(format!("{}{n}", text.as_deref().unwrap_or_default())),
                };
            })
            .cogroup(by_name, |name, text| text.get_or_insert_default().push_str(name))
            .cogroup(by_text, |k, _, text| text.get_or_insert_default().push_str(k))
            .cogroup(again, |_, text| text.get_or_insert_default().push('!'))
            .aggregate(kept: Option<String> = Some(String::new()));
        joined.to_stream().to(texts);
        joined
            .group_by(|_, text| -> (i64, i64) { (0, text.len() as i64) })
            .aggregate(total: i64 = 0, |n, sum| *sum += n, |n, sum| *sum -= n)
            .to_stream()
            .to(lengths);
    }
}

#[test]
fn values_of_any_type_are_gathered_in_one_state() {
    let mut driver = plain::test_driver();
    driver.clicks().pipe(s("k"), 1, 5).unwrap();
    driver.names().pipe(s("k"), s("ann"), 3).unwrap();
    driver.names().pipe(s("k"), None, 3).unwrap();
    driver.names().pipe(None, s("nobody"), 3).unwrap();
    driver.moved().pipe(7, s("k"), 9).unwrap();
    driver.clicks().pipe(s("k"), 0, 2).unwrap();
    let got: Vec<_> = driver
        .texts()
        .read()
        .unwrap()
        .into_iter()
        .map(|r| (r.key.unwrap(), r.value, r.timestamp))
        .collect();
    let some = |key: &str, text: &str, ts| (s(key), Some(s(text)), ts);
    assert_eq!(
        got,
        [
            some("k", "1", 5),
            some("k", "1ann", 5),
            some("k", "1annk", 9),
            some("k!", "!", 9),
            (s("k"), None, 9),
        ]
    );
    // What a key had before goes with each update, through the place where the groups meet.
    let lengths: Vec<_> =
        driver.lengths().read_key_values().unwrap().into_iter().map(|r| r.1).collect();
    assert_eq!(lengths, [1, 4, 5, 6, 1]);
    assert_eq!(driver.counters().dropped_null, 2);
    let topics: Vec<&str> = driver.description().topics.iter().map(|t| t.name).collect();
    assert!(topics.contains(&"kept-repartition") && topics.contains(&"kept-2-repartition"));
}

macro_rules! windowed {
    ($name:ident, { $($setting:tt)* }) => {
        #[topology]
        mod $name {
            topology! {
                $($setting)*
                source a: stream<String, i64> = "a";
                source b: stream<String, String> = "b";
                sink tumbling: stream<Windowed<String>, i64> = "tumbling";
                sink sliding: stream<Windowed<String>, Option<i64>> = "sliding";
                sink session: stream<Session<String>, Option<i64>> = "session";

                let texts = b.group_by_key();
                let both = a.group_by_key().cogroup(|n, sum| *sum += n).cogroup(texts, |t, sum| *sum += t.len() as i64);
                both.window(tumbling(10ms), grace(5ms)).aggregate(by_tumbling: i64 = 0).to_stream().to(tumbling);
                both.window(sliding(10ms), grace(5ms)).aggregate(by_sliding: i64 = 0).to_stream().to(sliding);
                both.window(session(10ms), grace(5ms))
                    .aggregate(by_session: i64 = 0, |x, y| x + y)
                    .to_stream()
                    .to(session);
            }
        }
    };
}

windowed!(right_by_default, {});
windowed!(as_kafka_streams, {
    semantics = kafka_streams;
});

#[test]
fn late_is_late_by_one_clock_for_all_groups() {
    let mut driver = right_by_default::test_driver();
    driver.a().pipe(s("k"), 1, 8).unwrap();
    driver.a().pipe(s("k"), 1, 40).unwrap();
    driver.b().pipe(s("k"), s("abc"), 9).unwrap();
    assert_eq!(driver.tumbling().read().unwrap().len(), 2);
    assert_eq!(driver.sliding().read().unwrap().len(), 2);
    assert_eq!(driver.session().read().unwrap().len(), 2);
    assert_eq!(driver.counters().dropped_late, 3);
}

#[test]
fn in_kafka_streams_each_group_has_a_clock_and_the_store_one_of_its_own() {
    let mut driver = as_kafka_streams::test_driver();
    driver.a().pipe(s("k"), 1, 8).unwrap();
    driver.a().pipe(s("k"), 1, 40).unwrap();
    // Not late by the clock of `b`, though the store has forgotten what `a` put there.
    driver.b().pipe(s("k"), s("abc"), 9).unwrap();
    let last = driver.tumbling().read().unwrap().pop().unwrap();
    assert_eq!((last.key.unwrap().window.start, last.value), (0, Some(3)));
    assert_eq!(driver.counters().dropped_late, 0);
}

#[test]
fn sessions_of_all_groups_merge() {
    let mut driver = right_by_default::test_driver();
    driver.a().pipe(s("k"), 1, 0).unwrap();
    driver.b().pipe(s("k"), s("ab"), 14).unwrap();
    driver.a().pipe(s("k"), 4, 7).unwrap();
    let got: Vec<_> = driver
        .session()
        .read()
        .unwrap()
        .into_iter()
        .map(|r| (r.key.unwrap(), r.value))
        .map(|(k, v)| (k.start, k.end, v))
        .collect();
    assert_eq!(
        got,
        [(0, 0, Some(1)), (14, 14, Some(2)), (0, 0, None), (14, 14, None), (0, 14, Some(7))]
    );
}

proptest! {
    #[test]
    fn a_cogroup_is_a_fold_of_all_records(
        records in prop::collection::vec((any::<bool>(), 0..3u8, 0..40i64, 1..6i64), 1..60),
    ) {
        let mut driver = right_by_default::test_driver();
        let (mut sums, mut now, mut late) = (BTreeMap::new(), -1, 0);
        let mut expected = Vec::new();
        for (left, key, ts, n) in records {
            let key = key.to_string();
            match left {
                true => driver.a().pipe(key.clone(), n, ts).unwrap(),
                false => driver.b().pipe(key.clone(), "x".repeat(n as usize), ts).unwrap(),
            }
            now = now.max(ts);
            let start = ts - ts % 10;
            if start + 10 + 5 <= now {
                late += 1;
                continue;
            }
            let sum = sums.entry((start, key.clone())).or_insert(0);
            *sum += n;
            expected.push((key, start, *sum));
        }
        let got: Vec<_> = driver
            .tumbling()
            .read_key_values()
            .unwrap()
            .into_iter()
            .map(|(k, sum)| (k.key, k.window.start, sum))
            .collect();
        prop_assert_eq!(got, expected);
        prop_assert!(driver.counters().dropped_late >= late);
    }
}
