use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use streams::prelude::*;
use streams::runtime::broker::Broker;
use streams::runtime::{Config, Streams, broker_for};
use streams::{App, Topology};

use crate::support::{Random, Update, config, create, load, on_kafka, run, table};

#[topology]
mod prices {
    topology! {
        source orders: stream<String, String> = "orders";
        global products: table<String, String> = "products";
        sink priced: table<String, String> = "priced";

        orders
            .left_join(products, |product| product.as_str(), |product, price| -> String {
                format!("{product} {}", price.map_or("?", |p| p))
            })
            .to_table(latest)
            .to(priced);
    }
}

#[topology]
mod prices_in_memory {
    topology! {
        source orders: stream<String, String> = "orders";
        global products: table<String, String> = "products", memory;
        sink priced: stream<String, String> = "priced";

        orders.join(products, |_, product| product.clone(), |product, price| format!("{product} {price}"))
            .to(priced);
    }
}

fn open<T: Topology>(config: &Config, topics: [&str; 3]) -> Arc<dyn Broker> {
    let broker = broker_for(&App::<T>::new(), config).unwrap();
    create(&*broker, &topics);
    broker
}

fn order(n: u64, topic: &'static str, random: &mut Random) -> Update<'static> {
    (topic, format!("o{n}"), Some(format!("p{}", random.below(200))), 5)
}

/// Every product with a price of this round.
fn products(topic: &'static str, round: u64) -> impl Iterator<Item = Update<'static>> {
    (0..100).map(move |n| (topic, format!("p{n}"), Some(format!("{n}.{round}")), 0))
}

/// What an order of this product is worth after this round.
fn priced(order: &str, round: u64) -> Option<String> {
    let product = order.split(' ').next()?;
    let number: u64 = product.strip_prefix('p')?.parse().ok()?;
    Some(if number < 100 { format!("{product} {number}.{round}") } else { format!("{product} ?") })
}

fn check(rows: &BTreeMap<String, String>, from: u64, round: u64) {
    let late = rows.iter().filter(|(key, _)| key[1..].parse::<u64>().unwrap() >= from);
    for (key, row) in late {
        assert_eq!(priced(row, round).as_ref(), Some(row), "order {key}");
    }
}

#[test]
fn all_partitions_are_read_before_anything_is_processed_and_a_restart_reads_what_is_new() {
    let dir = tempfile::tempdir().unwrap();
    let mut random = Random(3);
    let topics = ["orders", "products", "priced"];
    for round in 0..3 {
        let config = config(dir.path(), 3);
        let broker = open::<prices::Topology>(&config, topics);
        // Orders are there before the products are: no order may see an earlier price, or none.
        load(&*broker, (round * 500..round * 500 + 500).map(|n| order(n, "orders", &mut random)));
        load(&*broker, products("products", round));
        let app = App::<prices::Topology>::new();
        let streams = Streams::start_on(&app, config, broker.clone()).unwrap();
        assert_eq!(streams.progress().restored, 100, "only what is new is read");
        streams.run_until_end(|_, _| {}).unwrap();
        let rows = table(&*broker, "priced");
        assert_eq!(rows.len() as u64, round * 500 + 500);
        check(&rows, round * 500, round);
    }
    let changelogs = prices::Topology::DESCRIPTION.topics.iter().filter(|t| t.is_internal());
    assert_eq!(changelogs.map(|t| t.name).collect::<Vec<_>>(), ["latest-changelog"]);
}

#[test]
fn a_table_in_memory_is_read_whole_at_every_start() {
    let dir = tempfile::tempdir().unwrap();
    let topics = ["orders", "products", "priced"];
    for round in 0..2 {
        let config = config(dir.path(), 2);
        let broker = open::<prices_in_memory::Topology>(&config, topics);
        load(&*broker, products("products", round));
        load(&*broker, [("orders", format!("o{round}"), Some("p7".to_owned()), 0)]);
        let app = App::<prices_in_memory::Topology>::new();
        let streams = Streams::start_on(&app, config, broker.clone()).unwrap();
        assert_eq!(streams.progress().restored, 100 * (round + 1));
        streams.run_until_end(|_, _| {}).unwrap();
        check(&table(&*broker, "priced"), round, round);
    }
}

#[test]
fn little_memory_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path(), 2);
    config.state_cache_max_bytes = 1024;
    let broker = open::<prices::Topology>(&config, ["orders", "products", "priced"]);
    let mut random = Random(5);
    load(&*broker, products("products", 1));
    load(&*broker, (0..2000).map(|n| order(n, "orders", &mut random)));
    run::<prices::Topology>(&config, &broker);
    check(&table(&*broker, "priced"), 0, 1);
}

#[test]
fn a_product_that_cannot_be_read_stops_the_start_and_is_named() {
    #[topology]
    mod numbers {
        topology! {
            source orders: stream<String, String> = "orders";
            global products: table<String, i64> = "products";
            sink priced: stream<String, String> = "priced";

            orders.join(products, |p| p.clone(), |p, price| format!("{p} {price}")).to(priced);
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    let broker = open::<numbers::Topology>(&config, ["orders", "products", "priced"]);
    load(&*broker, [("products", "p1".to_owned(), Some("no number".to_owned()), 0)]);
    let app = App::<numbers::Topology>::new();
    let error = Streams::start_on(&app, config, broker).unwrap_err().to_string();
    assert!(error.starts_with("products, partition "), "{error}");
    assert!(error.contains(", offset 0: "), "{error}");
}

/// Orders come until they see the new price.
fn follows(
    broker: &Arc<dyn Broker>,
    config: &Config,
    [orders, products, priced]: [&'static str; 3],
) {
    let product = |price: &str| (products, "p1".to_owned(), Some(price.to_owned()), 0);
    load(&**broker, [product("old")]);
    let app = App::<prices::Topology>::new();
    let streams = Streams::start_on(&app, config.clone(), broker.clone()).unwrap();
    load(&**broker, [(orders, "first".to_owned(), Some("p1".to_owned()), 0)]);
    let deadline = Instant::now() + Duration::from_secs(60);
    let see = |key: &str| table(&**broker, priced).get(key).cloned();
    while see("first").is_none() {
        assert!(Instant::now() < deadline, "the first order is not processed");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(see("first").as_deref(), Some("p1 old"), "read before anything was processed");
    load(&**broker, [product("new")]);
    while see("later").as_deref() != Some("p1 new") {
        assert!(Instant::now() < deadline, "the new price is not seen");
        load(&**broker, [(orders, "later".to_owned(), Some("p1".to_owned()), 0)]);
        std::thread::sleep(Duration::from_millis(20));
    }
    streams.stop();
    streams.wait().unwrap();
    // A restart has nothing to read: the position is on disk.
    let streams = Streams::start_on(&app, config.clone(), broker.clone()).unwrap();
    assert_eq!(streams.progress().restored, 0);
    load(&**broker, [(orders, "last".to_owned(), Some("p1".to_owned()), 0)]);
    while see("last").as_deref() != Some("p1 new") {
        assert!(Instant::now() < deadline, "the last order is not processed");
        std::thread::sleep(Duration::from_millis(20));
    }
    streams.stop();
    streams.wait().unwrap();
}

#[test]
fn updates_are_seen_while_it_runs() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 2);
    let topics = ["orders", "products", "priced"];
    let broker = open::<prices::Topology>(&config, topics);
    follows(&broker, &config, topics);
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_global_table_on_kafka_is_read_first_and_kept_up_to_date() {
    let dir = tempfile::tempdir().unwrap();
    let (config, names) = on_kafka(dir.path(), "global", &["orders", "products", "priced"]);
    let names: [&'static str; 3] = names.try_into().unwrap();
    let broker = open::<prices::Topology>(&config, names);
    follows(&broker, &config, names);
}
