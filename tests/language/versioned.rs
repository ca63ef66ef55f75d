use std::collections::BTreeMap;

use proptest::prelude::*;
use streams::prelude::*;
use streams::store::StateStore;

use crate::s;

#[topology]
mod prices {
    topology! {
        source orders: stream<Option<String>, String> = "orders";
        table prices: table<String, i64> = "prices", versioned = 1m;
        table stock: table<String, i64> = "stock";
        sink updates: stream<String, Option<i64>> = "updates";
        sink sums: table<String, i64> = "sums";
        sink both: table<String, i64> = "both";
        sink cheap: table<String, i64> = "cheap";
        sink dear: table<String, i64> = "dear";
        sink priced: stream<String, String> = "priced";

        store dear_history: versioned<String, i64>, retention = 1m;

        prices.to_stream().to(updates);
        prices
            .group_by(|_, v| -> (String, i64) { ("all".to_owned(), *v) })
            .aggregate(sum: i64 = 0, |v, sum| *sum += v, |v, sum| *sum -= v)
            .to(sums);
        prices.join(stock, |p, n| -> i64 { p * n }).to(both);
        // In a store of latest values, every update is the latest.
        prices
            .filter(|p| *p < 10, name = cheap_now)
            .group_by(|_, v| -> (String, i64) { ("all".to_owned(), *v) })
            .aggregate(cheap_sum: i64 = 0, |v, sum| *sum += v, |v, sum| *sum -= v)
            .to(cheap);
        prices
            .filter(|p| *p >= 10, name = dear_history)
            .group_by(|_, v| -> (String, i64) { ("all".to_owned(), *v) })
            .aggregate(dear_sum: i64 = 0, |v, sum| *sum += v, |v, sum| *sum -= v)
            .to(dear);
        orders.join(prices, |o, p| -> String { format!("{o} at {p}") }).to(priced);
    }
}

fn last<K, V>(records: Vec<streams::test_driver::TestRecord<K, V>>) -> Option<V> {
    records.into_iter().last().and_then(|r| r.value)
}

#[test]
fn an_update_of_before_goes_into_the_history_and_changes_nothing_of_now() {
    let mut driver = prices::test_driver();
    driver.stock().pipe(s("tea"), 2, 0).unwrap();
    driver.prices().pipe(s("tea"), 5, 10_000).unwrap();
    driver.prices().pipe(s("tea"), 7, 30_000).unwrap();
    assert_eq!(driver.updates().read().unwrap().len(), 2);
    assert_eq!(last(driver.sums().read().unwrap()), Some(7));
    assert_eq!(last(driver.both().read().unwrap()), Some(14));
    assert_eq!(last(driver.cheap().read().unwrap()), Some(7));
    driver.prices().pipe(s("tea"), 6, 20_000).unwrap();
    let updates = driver.updates().read().unwrap();
    assert_eq!((updates[0].value, updates[0].timestamp), (Some(6), 20_000));
    assert!(driver.sums().read().unwrap().is_empty());
    assert!(driver.both().read().unwrap().is_empty());
    assert_eq!(last(driver.cheap().read().unwrap()), Some(6));
    for (at, price) in [(9_999, None), (10_000, Some(5)), (29_999, Some(6)), (90_000, Some(7))] {
        driver.orders().pipe(s("tea"), s("x"), at).unwrap();
        let expected = price.map(|p: i64| format!("x at {p}"));
        assert_eq!(last(driver.priced().read().unwrap()), expected);
    }
}

#[test]
fn what_is_older_than_the_history_goes_no_further_and_is_counted() {
    let mut driver = prices::test_driver();
    driver.prices().pipe(s("tea"), 5, 100_000).unwrap();
    driver.prices().pipe(s("tea"), 4, 40_000).unwrap();
    driver.prices().pipe(s("tea"), 3, 39_999).unwrap();
    assert_eq!(driver.updates().read().unwrap().len(), 2);
    // One of before the latest, which the join of tables leaves out, and one of before the history.
    assert_eq!(driver.counters().dropped_late, 2);
    let times =
        |rows: Vec<streams::store::Row>| rows.iter().map(|r| r.timestamp).collect::<Vec<_>>();
    assert_eq!(times(driver.store_rows("prices").unwrap()), [40_000, 100_000]);
    assert_eq!(times(driver.store_rows_as_of("prices", 99_999).unwrap()), [40_000]);
}

#[test]
fn a_table_made_from_another_keeps_its_history_in_a_versioned_store() {
    let mut driver = prices::test_driver();
    driver.prices().pipe(s("tea"), 20, 30_000).unwrap();
    driver.prices().pipe(s("tea"), 10, 20_000).unwrap();
    driver.prices().pipe(s("tea"), 5, 40_000).unwrap();
    let kept = driver.dear_history();
    let history = kept.history("tea", ..).unwrap();
    let history: Vec<_> = history.map(|v| (*v.value, v.from, v.to)).collect();
    assert_eq!(history, [(10, 20_000, Some(30_000)), (20, 30_000, Some(40_000))]);
    assert_eq!(kept.get("tea").unwrap(), None);
    // 20 was added and taken out; 10 was of before.
    let sums: Vec<_> = driver.dear().read().unwrap().into_iter().map(|r| r.value).collect();
    assert_eq!(sums, [Some(20), Some(0)]);
}

#[topology]
mod waiting {
    topology! {
        source clicks: stream<Option<String>, Option<String>> = "clicks";
        source plain: stream<&str, &str> = "plain";
        source users: stream<String, Option<String>> = "users";
        store names: versioned<String, String>, retention = 1m, changelog = off;
        sink named: stream<Option<String>, String> = "named";
        sink short: stream<&str, String> = "short";

        let names_now = users.to_table(names);
        clicks
            .left_join(
                names_now,
                |k, c, n, cx| -> String {
                    format!("{k:?} {c} {} {}/{}", n.map_or("?", String::as_str), cx.timestamp, cx.offset)
                },
                grace(10s),
            )
            .to(named);
        plain.join(names_now, |c, n| -> String { format!("{c} {n}") }, grace(5s), name = quick).to(short);
    }
}

#[test]
fn records_wait_for_late_updates_of_the_table() {
    let mut driver = waiting::test_driver();
    let mut headers = streams::HeaderBuf::new();
    headers.push("trace", Some(b"1"));
    driver.clicks().pipe_with_headers(s("a"), s("first"), 20_000, &headers).unwrap();
    driver.clicks().pipe(s("b"), s("second"), 21_000).unwrap();
    driver.users().pipe(s("a"), s("Ann"), 19_000).unwrap();
    assert!(driver.named().read().unwrap().is_empty());
    driver.clicks().pipe(s("a"), s("third"), 30_000).unwrap();
    let named = driver.named().read().unwrap();
    assert_eq!(named.len(), 1);
    assert_eq!(named[0].value, Some(s("Some(\"a\") first Ann 20000/0")));
    assert_eq!((named[0].timestamp, &named[0].headers), (20_000, &headers));
    // More than the grace behind: joined at once, ahead of what waits.
    driver.clicks().pipe(s("a"), s("late"), 19_500).unwrap();
    assert_eq!(driver.named().read().unwrap()[0].value, Some(s("Some(\"a\") late Ann 19500/3")));
    let rows = driver.store_rows("names_now_join-Buffer").unwrap();
    assert_eq!(rows.iter().map(|r| r.timestamp).collect::<Vec<_>>(), [21_000, 30_000]);
    driver.plain().pipe(s("a"), s("quick"), 40_000).unwrap();
    driver.plain().pipe(s("a"), s("quicker"), 45_000).unwrap();
    let short = driver.short().read_key_values().unwrap();
    assert_eq!(short, [(s("a"), s("quick Ann"))]);
}

#[test]
fn a_record_without_a_key_is_joined_with_nothing_at_once() {
    let mut driver = waiting::test_driver();
    driver.clicks().pipe(None, s("keyless"), 20_000).unwrap();
    driver.clicks().pipe(s("a"), None, 90_000).unwrap();
    let named = driver.named().read().unwrap();
    assert_eq!((named.len(), &named[0].key), (1, &None));
    assert_eq!(named[0].value, Some(s("None keyless ? 20000/0")));
    assert_eq!(driver.counters().dropped_null, 1);
}

#[test]
fn a_store_without_a_changelog_has_none() {
    let driver = waiting::test_driver();
    let description = driver.description();
    let stores: Vec<_> = description.subtopologies.iter().flat_map(|s| s.stores).collect();
    let logged = |name: &str| stores.iter().find(|s| s.name == name).unwrap().changelog.is_some();
    assert!(!logged("names") && logged("quick-Buffer"));
    assert!(!description.topics.iter().any(|t| t.name == "names-changelog"));
}

macro_rules! forgetting {
    ($name:ident, $($setting:tt)*) => {
        #[topology]
        mod $name {
            topology! {
                $($setting)*
                table values: table<String, i64> = "values", versioned = 1m;
                sink sums: table<String, i64> = "sums";

                values
                    .group_by(|_, v| -> (String, i64) { ("all".to_owned(), *v) })
                    .aggregate(sum: i64 = 0, |v, sum| *sum += v, |v, sum| *sum -= v)
                    .to(sums);
            }
        }
    };
}

forgetting!(right,);
forgetting!(as_kafka_streams, semantics = kafka_streams;);

/// A value, its deletion at the same time, then an older value that arrives late: the key is deleted.
/// Kafka Streams has forgotten the deletion, and takes the late value for the latest.
macro_rules! deleted_then_late {
    ($topology:ident) => {{
        let mut driver = $topology::test_driver();
        driver.values().pipe(s("k"), 1, 20_000).unwrap();
        driver.values().pipe(s("k"), None, 20_000).unwrap();
        driver.values().pipe(s("k"), 5, 10_000).unwrap();
        let now = driver.store_rows_as_of("values", 60_000).unwrap().len();
        (last(driver.sums().read().unwrap()), now)
    }};
}

#[test]
fn a_deletion_at_the_time_of_the_value_is_forgotten_by_kafka_streams_alone() {
    assert_eq!(deleted_then_late!(right), (Some(0), 0));
    assert_eq!(deleted_then_late!(as_kafka_streams), (Some(5), 1));
}

/// A record of a stream, or an update of the table.
#[derive(Clone, Debug)]
enum Input {
    Click(String, i64),
    User(String, Option<String>, i64),
}

fn input() -> impl Strategy<Value = Input> {
    let key = || prop::sample::select(vec!["a", "b"]).prop_map(s);
    let time = || 0..60_000i64;
    prop_oneof![
        (key(), time()).prop_map(|(k, t)| Input::Click(k, t)),
        (key(), prop::option::of("[x-z]"), time()).prop_map(|(k, n, t)| Input::User(k, n, t)),
    ]
}

proptest! {
    /// Each click is joined once, with the name that is known for its time when it leaves the buffer.
    #[test]
    fn joins_with_grace_equal_a_fold(inputs in prop::collection::vec(input(), 0..60)) {
        const GRACE_MS: i64 = 10_000;
        let mut driver = waiting::test_driver();
        let mut names: BTreeMap<(String, i64), Option<String>> = BTreeMap::new();
        let mut waiting: Vec<(i64, String)> = Vec::new();
        let (mut expected, mut observed) = (Vec::new(), -1);
        let mut count = 0;
        for input in inputs {
            match input {
                Input::User(key, name, at) => {
                    driver.users().pipe(key.clone(), name.clone(), at).unwrap();
                    names.insert((key, at), name);
                }
                Input::Click(key, at) => {
                    let value = count.to_string();
                    count += 1;
                    driver.clicks().pipe(key.clone(), value, at).unwrap();
                    let mut due = Vec::new();
                    if at < observed - GRACE_MS {
                        due.push((at, key));
                    } else {
                        observed = observed.max(at);
                        waiting.push((at, key));
                        waiting.sort();
                        let first = waiting.partition_point(|(at, _)| *at <= observed - GRACE_MS);
                        due.extend(waiting.drain(..first));
                    }
                    expected.extend(due.into_iter().map(|(at, key)| {
                        let known = names.range((key.clone(), i64::MIN)..=(key.clone(), at));
                        let name = known.last().and_then(|(_, name)| name.clone());
                        (key, at, name.unwrap_or(s("?")))
                    }));
                }
            }
        }
        let named = driver.named().read().unwrap().into_iter();
        let named = named.map(|r| {
            let text = r.value.unwrap_or_default();
            let name = text.split(' ').nth(2).unwrap_or_default().to_owned();
            (r.key.unwrap_or_default(), r.timestamp, name)
        });
        prop_assert_eq!(named.collect::<Vec<_>>(), expected);
        let store = driver.names().rows().unwrap();
        prop_assert!(store.iter().all(|row| row.timestamp < 60_000));
    }
}

#[topology]
mod restarted {
    topology! {
        source clicks: stream<String, String> = "clicks";
        table users: table<String, String> = "users", versioned = 1m;
        sink named: stream<String, String> = "named";

        clicks.join(users, |c, u| -> String { format!("{c} {u}") }, grace(10s)).to(named);
    }
}

/// What waits, and what was, is there after a restart; also when the disk is lost.
#[test]
fn waiting_records_and_history_survive_a_restart() {
    use std::sync::Arc;
    use streams::runtime::broker::{Broker, TopicSpec};
    use streams::runtime::{Config, Loader, Streams, broker_for, read_topic};

    for lost in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::new();
        config.state_dir = dir.path().to_owned();
        config.threads = 1;
        let app = restarted::app();
        let broker: Arc<dyn Broker> = broker_for(&app, &config).unwrap();
        for topic in ["clicks", "users"] {
            let spec =
                TopicSpec { name: topic.to_owned(), partitions: 1, config: Default::default() };
            broker.create_topics(&[spec]).unwrap();
        }
        let run = |records: &[(&str, &str, i64)]| {
            let mut loader = Loader::new(&*broker).unwrap();
            for (topic, value, at) in records {
                loader.append(topic, b"a", Some(value.as_bytes()), *at).unwrap();
            }
            loader.commit().unwrap();
            let streams = Streams::start_on(&app, config.clone(), broker.clone()).unwrap();
            streams.run_until_end(|_, _| {}).unwrap();
        };
        run(&[
            ("users", "Ann", 5_000),
            ("clicks", "1", 10_000),
            ("clicks", "2", 12_000),
            ("users", "Bea", 20_000),
        ]);
        if lost {
            std::fs::remove_dir_all(dir.path().join("restarted/state")).unwrap();
        }
        run(&[("users", "Zoe", 11_000), ("clicks", "3", 22_000), ("clicks", "4", 32_000)]);
        let mut named = Vec::new();
        read_topic(&*broker, "named", |_, record| {
            let value = record.value.unwrap_or_default();
            named.push((String::from_utf8_lossy(value).into_owned(), record.timestamp));
        })
        .unwrap();
        let expected = [("1 Ann", 10_000), ("2 Zoe", 12_000), ("3 Bea", 22_000)];
        assert_eq!(named, expected.map(|(text, at)| (s(text), at)), "lost: {lost}");
    }
}

#[topology]
mod aggregated {
    topology! {
        source orders: stream<String, i64> = "orders";
        source looks: stream<String, String> = "looks";
        sink sums: stream<String, Option<i64>> = "sums";
        sink all: table<String, i64> = "all";
        sink seen: stream<String, String> = "seen";

        /// What each has bought,
        /// over time.
        store bought: versioned<String, Option<i64>>, retention = 1m;

        let summed = orders.group_by_key().aggregate(bought = Some(0), |n, sum| match n {
            0 => *sum = None,
            n => *sum.get_or_insert(0) += n,
        });
        summed.to_stream().to(sums);
        summed
            .group_by(|_, sum| -> (String, i64) { ("all".to_owned(), *sum) })
            .aggregate(total: i64 = 0, |sum, total| *total += sum, |sum, total| *total -= sum)
            .to(all);
        looks.join(summed, |look, sum| format!("{look} {sum}")).to(seen);
    }
}

#[test]
fn an_aggregation_keeps_its_history() {
    let mut driver = aggregated::test_driver();
    for (n, at) in [(5, 10_000), (2, 30_000), (3, 20_000)] {
        driver.orders().pipe(s("ann"), n, at).unwrap();
    }
    // A result is of the largest time of its records.
    let sums = driver.sums().read().unwrap();
    let got: Vec<_> = sums.iter().map(|r| (r.value, r.timestamp)).collect();
    assert_eq!(got, [(Some(5), 10_000), (Some(7), 30_000), (Some(10), 30_000)]);
    for at in [15_000, 40_000] {
        driver.looks().pipe(s("ann"), s("then"), at).unwrap();
    }
    let seen: Vec<_> = driver.seen().read_key_values().unwrap().into_iter().map(|r| r.1).collect();
    assert_eq!(seen, ["then 5", "then 10"]);
    // Deleted, a key begins anew; what comes of before then is of the past, and changes nothing of now.
    driver.orders().pipe(s("ann"), 0, 50_000).unwrap();
    assert_eq!(last(driver.all().read().unwrap()), Some(0));
    driver.orders().pipe(s("ann"), 9, 45_000).unwrap();
    assert_eq!(last(driver.sums().read().unwrap()), Some(9));
    assert_eq!(driver.all().read().unwrap().len(), 0);
    driver.looks().pipe(s("ann"), s("now"), 60_000).unwrap();
    assert_eq!(driver.seen().read().unwrap().len(), 0);
    // Older than the history, a result goes no further.
    driver.looks().pipe(s("ann"), s("then"), 46_000).unwrap();
    assert_eq!(driver.seen().read_key_values().unwrap(), [(s("ann"), s("then 9"))]);
}

#[test]
fn a_stores_doc_comment_is_shown() {
    let text = aggregated::test_driver().description().to_string();
    let shown = "    // bought:\n      // What each has bought,\n      // over time.\n";
    assert!(text.contains(shown), "{text}");
}
