//! `emit = on_commit`: of a key's updates the last is given on, at the commit. And what a subtractor
//! behind an aggregation sees: Kafka Streams without its cache takes an aggregation's initial value for
//! what a key had before its first record.

use std::collections::BTreeMap;

use proptest::prelude::*;
use streams::prelude::*;

use crate::s;

#[topology]
mod cached {
    topology! {
        emit = on_commit;
        source input: stream<String, i64> = "input";
        table names: table<String, String> = "names";
        sink counted: stream<String, i64> = "counted";
        sink last: stream<String, Option<i64>> = "last";
        sink windows: stream<Windowed<String>, i64> = "windows";
        sink sessions: table<Session<String>, i64> = "sessions";
        sink sliding: table<Windowed<String>, i64> = "sliding";
        sink casual: stream<String, i64> = "casual";
        sink joined: table<String, String> = "joined";
        sink every: stream<String, i64> = "every";
        store updated: kv<String, i64>, emit = on_update;

        let per_user = input.group_by_key().count(counts);
        per_user.to_stream().to(counted);
        per_user
            .group_by(|_, n| -> (String, i64) { (if *n < 3 { "few" } else { "many" }.to_owned(), 1) })
            .aggregate(users: i64 = 0, |n, sum| *sum += n, |n, sum| *sum -= n)
            .to_stream()
            .to(casual);
        per_user.join(names, |n, name| -> String { format!("{name}: {n}") }, name = by_name).to(joined);
        input.group_by_key().aggregate(latest: Option<i64> = None, |n, state| {
            *state = (*n != 0).then_some(*n);
        }).to_stream().to(last);
        input.group_by_key().window(tumbling(10ms)).count(by_window).to_stream().to(windows);
        input.group_by_key().window(session(5ms), grace(5ms)).count(by_session).to(sessions);
        input.group_by_key().window(sliding(5ms), grace(5ms)).count(by_sliding).to(sliding);
        input.group_by_key().count(updated).to_stream().to(every);
    }
}

#[test]
fn of_several_updates_the_last_comes_at_the_commit() {
    let mut driver = cached::test_driver();
    driver.hold_commits();
    let mut headers = streams::HeaderBuf::new();
    headers.push("n", Some(b"2"));
    driver.input().pipe(s("b"), 1, 5).unwrap();
    driver.input().pipe(s("a"), 1, 7).unwrap();
    driver.input().pipe_with_headers(s("b"), 2, 3, &headers).unwrap();
    assert!(driver.counted().read().unwrap().is_empty());
    assert_eq!(driver.every().read().unwrap().len(), 3);
    driver.commit().unwrap();
    let got: Vec<_> = driver
        .counted()
        .read()
        .unwrap()
        .into_iter()
        .map(|r| (r.key.unwrap(), r.value.unwrap(), r.timestamp, r.headers == headers))
        .collect();
    // In the order of the last updates, each with that one's headers.
    assert_eq!(got, [(s("a"), 1, 7, false), (s("b"), 2, 5, true)]);
    driver.commit().unwrap();
    assert!(driver.counted().read().unwrap().is_empty());
}

#[test]
fn a_key_that_comes_and_goes_between_commits_gives_nothing() {
    let mut driver = cached::test_driver();
    driver.hold_commits();
    driver.input().pipe(s("a"), 1, 5).unwrap();
    driver.input().pipe(s("a"), 0, 6).unwrap();
    driver.input().pipe(s("b"), 2, 7).unwrap();
    driver.commit().unwrap();
    let got = driver.last().read().unwrap();
    assert_eq!(got.len(), 1);
    assert_eq!((got[0].key.clone(), got[0].value), (Some(s("b")), Some(2)));
    // One that has been given on goes with a deletion, at the time of the record that deleted it.
    driver.input().pipe(s("b"), 0, 4).unwrap();
    driver.commit().unwrap();
    let got = driver.last().read().unwrap();
    assert_eq!((got[0].value, got[0].timestamp), (None, 4));
}

#[test]
fn a_window_that_its_store_has_forgotten_is_given_on_all_the_same() {
    let mut driver = cached::test_driver();
    driver.hold_commits();
    for ts in [1, 2, 500_000] {
        driver.input().pipe(s("a"), 1, ts).unwrap();
    }
    driver.commit().unwrap();
    let got: Vec<_> = driver
        .windows()
        .read_key_values()
        .unwrap()
        .into_iter()
        .map(|(k, n)| (k.window.start, n))
        .collect();
    assert_eq!(got, [(0, 2), (500_000, 1)]);
    assert_eq!(driver.sessions().read().unwrap().len(), 2);
}

#[test]
fn a_commit_goes_through_all_tables_in_their_order() {
    let mut driver = cached::test_driver();
    driver.hold_commits();
    driver.names().pipe(s("a"), s("Ann"), 0).unwrap();
    for ts in 1..=4 {
        driver.input().pipe(s("a"), 1, ts).unwrap();
    }
    driver.commit().unwrap();
    assert_eq!(driver.joined().read_key_values().unwrap(), [(s("a"), s("Ann: 4"))]);
    assert_eq!(driver.casual().read_key_values().unwrap(), [(s("many"), 1)]);
}

macro_rules! activity {
    ($name:ident, { $($setting:tt)* }) => {
        #[topology]
        mod $name {
            topology! {
                $($setting)*
                source input: stream<String, i64> = "input";
                sink casual: stream<String, i64> = "casual";
                sink bank: stream<i64, i64> = "bank";

                input
                    .group_by_key()
                    .count(counts)
                    .group_by(|_, n| -> (String, String) {
                        let group = if *n < 10 { "casual" } else { "regular" };
                        (group.to_owned(), String::new())
                    })
                    .count(users)
                    .to_stream()
                    .to(casual);
                input
                    .group_by_key()
                    .aggregate(balances: i64 = 100, |n, sum| *sum += n)
                    .group_by(|_, sum| -> (i64, i64) { (0, *sum) })
                    .aggregate(total: i64 = 0, |n, sum| *sum += n, |n, sum| *sum -= n)
                    .to_stream()
                    .to(bank);
            }
        }
    };
}

activity!(right_by_default, {});
activity!(as_kafka_streams, {
    semantics = kafka_streams;
});
activity!(as_kafka_streams_with_its_cache, {
    semantics = kafka_streams;
    emit = on_commit;
});

#[test]
fn a_subtractor_sees_only_what_was_added() {
    let mut driver = right_by_default::test_driver();
    for key in ["a", "b", "c", "d", "e"] {
        driver.input().pipe(s(key), 1, 0).unwrap();
    }
    let last = |records: Vec<(String, i64)>| records.last().cloned();
    assert_eq!(last(driver.casual().read_key_values().unwrap()), Some((s("casual"), 5)));
    assert_eq!(driver.bank().read_key_values().unwrap().last(), Some(&(0, 505)));
}

#[test]
fn kafka_streams_without_its_cache_subtracts_what_was_never_added() {
    let mut driver = as_kafka_streams::test_driver();
    for key in ["a", "b", "c", "d", "e"] {
        driver.input().pipe(s(key), 1, 0).unwrap();
    }
    let casual: Vec<i64> =
        driver.casual().read_key_values().unwrap().into_iter().map(|(_, n)| n).collect();
    assert_eq!(casual, [1, 1, 1, 1, 1]);
    assert_eq!(driver.bank().read_key_values().unwrap().last(), Some(&(0, 105)));
}

#[test]
fn kafka_streams_with_its_cache_does_not() {
    let mut driver = as_kafka_streams_with_its_cache::test_driver();
    for key in ["a", "b", "c", "d", "e"] {
        driver.input().pipe(s(key), 1, 0).unwrap();
    }
    let casual: Vec<i64> =
        driver.casual().read_key_values().unwrap().into_iter().map(|(_, n)| n).collect();
    assert_eq!(casual, [1, 2, 3, 4, 5]);
}

proptest! {
    #[test]
    fn whatever_the_commits_the_last_results_are_the_same(
        records in prop::collection::vec((0..4u8, 0..30i64, any::<bool>()), 1..60),
    ) {
        let mut driver = cached::test_driver();
        driver.hold_commits();
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        let (mut given, mut now) = (BTreeMap::new(), BTreeMap::new());
        for (key, ts, commit) in &records {
            let key = key.to_string();
            driver.input().pipe(key.clone(), 1, *ts).unwrap();
            *counts.entry(key.clone()).or_default() += 1;
            now.insert(key.clone(), counts[&key]);
            if *commit {
                driver.commit().unwrap();
                let mut got = driver.counted().read_key_values().unwrap();
                got.sort();
                let expected: Vec<_> = std::mem::take(&mut now).into_iter().collect();
                prop_assert_eq!(&got, &expected);
                given.extend(got);
            }
        }
        driver.commit().unwrap();
        given.extend(driver.counted().read_key_values().unwrap());
        prop_assert_eq!(&given, &counts);
        let few = counts.values().filter(|n| **n < 3).count() as i64;
        let casual: BTreeMap<_, _> = driver.casual().read_key_values().unwrap().into_iter().collect();
        prop_assert_eq!(casual.get("few").copied().unwrap_or(0), few);
    }
}
