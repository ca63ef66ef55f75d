use std::collections::BTreeMap;
use std::sync::Arc;

use streams::prelude::*;
use streams::runtime::broker::Broker;
use streams::runtime::broker_for;
use streams::{App, Topology};

use crate::support::{Random, Update, config, create, load, on_kafka, run, set, table};

#[topology]
mod orders {
    fn customer(order: &str) -> Option<&str> {
        order.split_once(':').map(|(customer, _)| customer)
    }

    topology! {
        table orders: table<String, String> = "orders";
        table customers: table<String, String> = "customers";
        sink named: table<String, String> = "named";
        sink all: table<String, String> = "all";

        orders
            .join(customers, |order| customer(order), |order, name| -> String {
                format!("{order} {name}")
            }, name = by_customer)
            .to(named);
        orders
            .left_join(customers, |order| customer(order), |order, name| -> String {
                format!("{order} {name:?}")
            })
            .to(all);
    }
}

/// Random updates of both tables, folded into what they hold.
struct Tables {
    random: Random,
    orders: BTreeMap<String, String>,
    customers: BTreeMap<String, String>,
}

impl Tables {
    fn new() -> Self {
        Self { random: Random(7), orders: BTreeMap::new(), customers: BTreeMap::new() }
    }

    fn update(&mut self) -> Update<'static> {
        let random = &mut self.random;
        let time = random.below(100_000) as i64;
        let number = random.below(1_000);
        if random.below(4) == 0 {
            let key = format!("c{}", random.below(12));
            let value = (random.below(3) > 0).then(|| format!("n{number}"));
            set(&mut self.customers, key.clone(), value.clone());
            return ("customers", key, value, time);
        }
        let key = format!("o{}", random.below(60));
        let value = match random.below(8) {
            0 => None,
            1 => Some(format!("nobody's {number}")),
            _ => Some(format!("c{}:{number}", random.below(12))),
        };
        set(&mut self.orders, key.clone(), value.clone());
        ("orders", key, value, time)
    }

    fn check(&self, broker: &dyn Broker, named_topic: &str, all_topic: &str) {
        let name = |order: &String| {
            let (customer, _) = order.split_once(':')?;
            self.customers.get(customer)
        };
        let rows = || self.orders.iter().map(|(key, order)| (key.clone(), order, name(order)));
        let named =
            rows().filter_map(|(key, order, name)| Some((key, format!("{order} {}", name?))));
        let all = rows().map(|(key, order, name)| (key, format!("{order} {name:?}")));
        assert_eq!(table(broker, named_topic), named.collect());
        assert_eq!(table(broker, all_topic), all.collect());
    }
}

#[test]
fn rows_of_all_partitions_find_their_foreign_rows_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut tables = Tables::new();
    for round in 0..4 {
        let mut config = config(dir.path(), 1 + round % 3);
        config.state_cache_max_bytes = if round == 2 { 4096 } else { 64 << 20 };
        let broker: Arc<dyn Broker> = broker_for(&App::<orders::Topology>::new(), &config).unwrap();
        create(&*broker, &["orders", "customers"]);
        load(&*broker, (0..1500).map(|_| tables.update()));
        run::<orders::Topology>(&config, &broker);
        tables.check(&*broker, "named", "all");
        if round == 1 {
            // All state comes back from the changelogs, that of the subscriptions, too.
            std::fs::remove_dir_all(dir.path().join("orders/state")).unwrap();
        }
    }
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn rows_of_all_partitions_find_their_foreign_rows_on_kafka() {
    let dir = tempfile::tempdir().unwrap();
    let topics = ["orders", "customers", "named", "all"];
    let (config, names) = on_kafka(dir.path(), "foreign-key", &topics);
    let broker: Arc<dyn Broker> = broker_for(&App::<orders::Topology>::new(), &config).unwrap();
    create(&*broker, &names);
    let mut tables = Tables::new();
    let full = |topic: &str| names[topics.iter().position(|t| *t == topic).unwrap()];
    for _ in 0..2 {
        let updates: Vec<_> = (0..500).map(|_| tables.update()).collect();
        load(&*broker, updates.into_iter().map(|(topic, k, v, time)| (full(topic), k, v, time)));
        run::<orders::Topology>(&config, &broker);
        tables.check(&*broker, full("named"), full("all"));
    }
}

#[test]
fn topics_and_stores_are_called_as_in_kafka_streams() {
    let internal = orders::Topology::DESCRIPTION.topics.iter().filter(|t| t.is_internal());
    let names: Vec<_> = internal.map(|t| t.full_name("app").into_owned()).collect();
    for name in [
        "app-by_customer-subscription-registration-topic",
        "app-by_customer-subscription-response-topic",
        "app-by_customer-subscription-store-changelog",
        "app-customers_join-subscription-registration-topic",
    ] {
        assert!(names.iter().any(|n| n == name), "{name} is not among {names:?}");
    }
}
