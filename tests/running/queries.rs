//! Interactive queries: of every kind of store, committed and not, in one process and in two.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use streams::prelude::*;
use streams::runtime::broker::Broker;
use streams::runtime::{Config, ErrorKind, ErrorName, IsolationLevel, State, Streams, broker_for};
use streams::store::SessionSpan;
use streams::{App, Topology};

use crate::support::{Update, config, create, load, on_kafka};

#[topology]
pub mod shop {
    topology! {
        source orders: stream<String, String> = "orders";
        table stock: table<String, String> = "stock", versioned = 1h;
        global names: table<String, String> = "names";
        sink seen: stream<String, String> = "seen";

        orders.group_by_key().count(per_customer);
        orders.group_by_key().window(tumbling(10ms), retention(1h)).count(per_window);
        orders.group_by_key().window(sliding(10ms), retention(1h)).count(per_slide);
        orders.group_by_key().window(session(10ms), retention(1h)).count(per_session);
        orders
            .join(stock, |order, stock| -> String { format!("{order} {stock}") })
            .join(names, |customer| customer.as_str(), |order, name| -> String { format!("{order} {name}") })
            .to(seen);
    }
}

#[topology]
mod counts {
    topology! {
        source orders: stream<String, String> = "orders";
        orders.group_by_key().count(per_customer);
    }
}

const TOPICS: [&str; 4] = ["orders", "stock", "names", "seen"];

fn start<T: Topology>(config: &Config) -> (Streams, Arc<dyn Broker>) {
    let broker = broker_for(&App::<T>::new(), config).unwrap();
    create(&*broker, &TOPICS);
    (Streams::start_on(&App::<T>::new(), config.clone(), broker.clone()).unwrap(), broker)
}

fn text(n: u64) -> String {
    format!("c{n}")
}

/// An order of each customer at each of these times.
fn orders(customers: u64, times: &[i64], topic: &'static str) -> Vec<Update<'static>> {
    let at = |time: &i64| {
        let time = *time;
        (0..customers).map(move |n| (topic, text(n), Some("o".to_owned()), time))
    };
    times.iter().flat_map(at).collect()
}

fn within<R>(what: &str, mut look: impl FnMut() -> Option<R>) -> R {
    let since = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(since.elapsed() < Duration::from_secs(60), "{what} has not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn stores_of_every_kind_answer_over_all_partitions() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path(), 3);
    config.commit_interval = Some(20);
    let (streams, broker) = start::<shop::Topology>(&config);
    let name = |n: u64| ("names", text(n), Some(format!("name {n}")), 0);
    load(&*broker, (0..20).map(name));
    let stock = |time: i64| move |n: u64| ("stock", text(n), Some(format!("{n} at {time}")), time);
    load(&*broker, (0..20).map(stock(5)).chain((0..20).map(stock(50))));
    load(&*broker, orders(20, &[10, 12, 25], "orders"));

    within("all stores", || (streams.state() == State::Running).then_some(()));
    let queries = streams.queries();
    let count = queries.store(shop::stores::per_customer()).unwrap();
    for n in 0..20 {
        within("a count", || count.get(&text(n)).unwrap().filter(|n| *n == 3));
    }
    assert_eq!(count.get("nobody").unwrap(), None);
    let all = count.read(|store| store.all()?.collect::<streams::Result<Vec<_>>>()).unwrap();
    assert_eq!(all.keys().copied().collect::<Vec<_>>(), [0, 1, 2, 3], "each partition answers");
    let rows: BTreeMap<String, i64> =
        all.into_values().flatten().map(|row| (row.key, row.value)).collect();
    assert_eq!(rows, (0..20).map(|n| (text(n), 3)).collect());
    let some = count.read(|store| Ok(store.range("c1".."c2")?.rows()?.len())).unwrap();
    assert_eq!(some.into_values().sum::<usize>(), 11, "c1, and c10 to c19");

    let windows = queries.store(shop::stores::per_window()).unwrap();
    assert_eq!(windows.get("c7", 10).unwrap(), Some(2));
    assert_eq!(windows.get("c7", 20).unwrap(), Some(1));
    assert_eq!(windows.get("c7", 30).unwrap(), None);
    let fetched = windows.find(|store| {
        let rows = store.fetch("c7", 0..20)?.rows()?;
        Ok((!rows.is_empty()).then(|| rows.iter().map(|r| (r.span.start, r.value)).collect()))
    });
    assert_eq!(fetched.unwrap(), Some(vec![(10, 2)]));
    let slides = queries.store(shop::stores::per_slide()).unwrap();
    let starts = slides.read(|store| {
        Ok(store.fetch("c7", ..)?.rows()?.iter().map(|r| r.span.start).collect::<Vec<_>>())
    });
    let starts = starts.unwrap().into_values().find(|s| !s.is_empty());
    assert_eq!(starts, Some(vec![0, 2, 11, 15]));
    let sessions = queries.store(shop::stores::per_session()).unwrap();
    assert_eq!(sessions.get("c7", SessionSpan { start: 10, end: 12 }).unwrap(), Some(2));
    let found = sessions.find(|store| Ok(store.find_sessions("c7", 20, 30)?.rows()?.pop()));
    assert_eq!(found.unwrap().map(|row| (row.span.start, row.value)), Some((25, 1)));

    let stock = queries.store(shop::stores::stock()).unwrap();
    assert_eq!(stock.get("c7").unwrap().as_deref(), Some("7 at 50"));
    assert_eq!(stock.as_of("c7", 49).unwrap().as_deref(), Some("7 at 5"));
    assert_eq!(stock.as_of("c7", 4).unwrap(), None);
    let versions = stock.find(|store| {
        let from: Vec<i64> = store.history("c7", ..)?.map(|version| version.from).collect();
        Ok((!from.is_empty()).then_some(from))
    });
    assert_eq!(versions.unwrap(), Some(vec![5, 50]));

    let names = queries.global(shop::stores::names()).unwrap();
    assert_eq!(within("a global row", || names.get("c7").unwrap()), "name 7");
    within("all global rows", || {
        (names.read(|rows| Ok(rows.all()?.count())).unwrap() == 20).then_some(())
    });
    streams.stop();
    streams.wait().unwrap();
    let ended = names.get("c7").unwrap_err().to_string();
    assert_eq!(ended, "the application has ended: its stores cannot be queried");
    // Neither keeps the state directory.
    drop(broker);
    let (streams, _) = start::<shop::Topology>(&config);
    within("a query that waits for the commit", || {
        let count = streams.queries().store(shop::stores::per_customer()).unwrap();
        count.get("c7").ok().flatten().filter(|n| *n == 3)
    });
}

#[test]
fn what_is_not_committed_is_seen_by_those_alone_who_ask_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path(), 2);
    config.commit_interval = Some(600_000);
    let (streams, broker) = start::<counts::Topology>(&config);
    load(&*broker, orders(8, &[1, 2], "orders"));
    let queries = streams.queries();
    let count = || queries.store(counts::stores::per_customer()).unwrap();
    let at_once = count().isolation(IsolationLevel::ReadUncommitted);
    for n in 0..8 {
        within("a count", || at_once.get(&text(n)).unwrap().filter(|n| *n == 2));
    }
    // Nothing is committed before the time that the query has.
    let waited = count().timeout(Duration::from_millis(100)).get("c3").unwrap_err();
    assert_eq!(waited.kind(), ErrorKind::Retry);
    assert!(
        waited.to_string().contains("store per_customer: a query was not answered within 100 ms")
    );
    // The query is answered by the commit at the end, and not before.
    let asked = {
        let count = count();
        std::thread::spawn(move || count.get("c3"))
    };
    std::thread::sleep(Duration::from_millis(100));
    assert!(!asked.is_finished());
    streams.stop();
    assert_eq!(asked.join().unwrap().unwrap(), Some(2));
    streams.wait().unwrap();
    drop(broker);

    config.commit_interval = Some(20);
    let (streams, _) = start::<counts::Topology>(&config);
    let count = streams.queries().store(counts::stores::per_customer()).unwrap();
    assert_eq!(within("the state", || count.get("c3").ok().flatten()), 2);
}

#[test]
fn a_query_that_cannot_be_answered_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let (streams, broker) = start::<counts::Topology>(&config(dir.path(), 2));
    let queries = streams.queries();
    let error = queries.store(shop::stores::per_customer()).unwrap_err().to_string();
    assert_eq!(error, "the store is of topology shop, and the application runs counts");

    let count = queries.store(counts::stores::per_customer()).unwrap();
    let error = count.read(|_| -> streams::Result<()> { panic!("of the query") }).unwrap_err();
    assert!(error.to_string().ends_with(": the query panicked: of the query"), "{error}");
    load(&*broker, orders(1, &[1], "orders"));
    within("a count after it", || count.get("c0").unwrap());

    streams.stop();
    streams.wait().unwrap();
    let error = count.get("c0").unwrap_err().to_string();
    assert_eq!(error, "the application has ended: its stores cannot be queried");
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn members_answer_for_their_partitions_and_say_that_there_are_others() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let (mut config, names) = on_kafka(dirs[0].path(), "queries", &["orders"]);
    config.threads = 1;
    let broker = broker_for(&App::<counts::Topology>::new(), &config).unwrap();
    create(&*broker, &names);
    load(&*broker, orders(40, &[1, 2], names[0]));
    let members: Vec<Streams> = dirs
        .iter()
        .map(|dir| {
            let mut config = config.clone();
            config.state_dir = dir.path().to_owned();
            Streams::start(&App::<counts::Topology>::new(), config).unwrap()
        })
        .collect();
    let counts: Vec<_> = members
        .iter()
        .map(|m| m.queries().store(counts::stores::per_customer()).unwrap())
        .collect();
    let partitions = || -> Vec<Vec<i32>> {
        let of = |c: &streams::runtime::query::Store<_>| c.read(|_| Ok(()));
        counts.iter().filter_map(|c| Some(of(c).ok()?.into_keys().collect())).collect()
    };
    within("the two members have two partitions each", || {
        (partitions().iter().map(Vec::len).collect::<Vec<_>>() == [2, 2]).then_some(())
    });
    for n in 0..40 {
        let found = within("a count of each", || {
            let found: Vec<_> = counts.iter().map(|c| c.get(&text(n))).collect();
            found.iter().any(|f| matches!(f, Ok(Some(2)))).then_some(found)
        });
        let elsewhere = found.into_iter().filter_map(Result::err);
        let names: Vec<_> = elsewhere.map(|e| e.name()).collect();
        assert_eq!(names, [Some(ErrorName::StoreMigrated)], "one has it, and the other says so");
    }
    for member in members {
        member.stop();
        member.wait().unwrap();
    }
}
