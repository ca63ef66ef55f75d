use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;
use streams::prelude::*;
use streams::task::{Task, TaskId, TaskOptions};
use streams::time::WallTime;
use streams::{HeaderBuf, RecordRef, Topology};

use crate::s;

fn customer(order: &str) -> Option<&str> {
    order.split_once(':').map(|(customer, _)| customer)
}

#[topology]
mod orders {
    use super::customer;

    topology! {
        table orders: table<String, String> = "orders";
        table customers: table<String, String> = "customers";
        sink named: table<String, String> = "named";
        sink all: table<String, String> = "all";
        sink per_name: stream<String, i64> = "per-name";

        let joined = orders.join(customers, |order| customer(order), |order, name| -> String {
            format!("{order} {name}")
        }, name = kept);
        joined.to(named);
        joined
            .group_by(|row| -> (String, i64) { (row.chars().rev().take(1).collect(), 1) })
            .count(names)
            .to_stream()
            .to(per_name);
        orders
            .left_join(customers, |_, order| customer(order), |key, order, name| -> Option<String> {
                (order != "hidden").then(|| format!("{key} {order} {name:?}"))
            })
            .to(all);
    }
}

#[topology]
mod as_kafka_streams {
    use super::customer;

    topology! {
        semantics = kafka_streams;
        table orders: table<String, String> = "orders";
        table customers: table<String, String> = "customers";
        sink named: table<String, String> = "named";

        orders
            .join(customers, |order| customer(order), |order, name| -> String {
                format!("{order} {name}")
            }, name = kept)
            .to(named);
    }
}

#[test]
fn rows_follow_their_foreign_keys() {
    let mut driver = orders::test_driver();
    driver.orders().pipe(s("o1"), s("c1:5"), 10).unwrap();
    driver.customers().pipe(s("c1"), s("Ann"), 3).unwrap();
    driver.orders().pipe(s("o2"), s("c1:6"), 20).unwrap();
    driver.customers().pipe(s("c1"), s("Bea"), 4).unwrap();
    driver.orders().pipe(s("o1"), s("c2:5"), 30).unwrap();
    driver.orders().pipe(s("o2"), s("nobody"), 40).unwrap();
    driver.orders().pipe(s("o2"), s("hidden"), 41).unwrap();
    driver.orders().pipe(s("o1"), None, 50).unwrap();
    let named = driver.named().read().unwrap();
    let row = |r: &streams::test_driver::TestRecord<String, String>| {
        (r.key.clone().unwrap(), r.value.clone(), r.timestamp)
    };
    let got: Vec<_> = named.iter().map(row).collect();
    let expected = [
        ("o1", Some("c1:5 Ann"), 3),
        ("o2", Some("c1:6 Ann"), 20),
        ("o1", Some("c1:5 Bea"), 4),
        ("o2", Some("c1:6 Bea"), 4),
        ("o1", None, 30),
        ("o2", None, 40),
    ];
    assert_eq!(got, expected.map(|(key, value, at)| (s(key), value.map(s), at)));
    let all = driver.all().read().unwrap();
    let got: Vec<_> = all.iter().map(|r| r.value.as_deref()).collect();
    let expected = [
        Some("o1 c1:5 None"),
        Some("o1 c1:5 Some(\"Ann\")"),
        Some("o2 c1:6 Some(\"Ann\")"),
        Some("o1 c1:5 Some(\"Bea\")"),
        Some("o2 c1:6 Some(\"Bea\")"),
        Some("o1 c2:5 None"),
        Some("o2 nobody None"),
        None,
        None,
    ];
    assert_eq!(got, expected);
    let per_name = driver.per_name().read_key_values().unwrap();
    let last: BTreeMap<_, _> = per_name.into_iter().collect();
    assert_eq!(last, BTreeMap::from([(s("n"), 0), (s("a"), 0)]));
}

/// An update of an order or a customer.
type Update = (bool, String, Option<String>);

/// Key, value and timestamp of a record in a topic.
type Waiting = (Option<Vec<u8>>, Option<Vec<u8>>, i64);

/// The tasks of a topology, and the topics between them: what comes when is for the test to say.
struct Network {
    tasks: Vec<Task>,
    topics: Vec<VecDeque<Waiting>>,
    /// By topic: the task and input that reads it.
    readers: Vec<Option<(usize, usize)>>,
    names: Vec<&'static str>,
    written: BTreeMap<&'static str, BTreeMap<String, String>>,
}

impl Network {
    fn new<T: Topology>() -> Self {
        let description = T::DESCRIPTION;
        let options = TaskOptions { max_task_idle_ms: -1 };
        let mut readers = vec![None; description.topics.len()];
        let mut tasks = Vec::new();
        for (number, subtopology) in description.subtopologies.iter().enumerate() {
            let id = TaskId { subtopology: number, partition: 0 };
            tasks.push(Task::new::<T>(id, "app".into(), options).unwrap());
            for (input, source) in subtopology.sources.iter().enumerate() {
                readers[usize::from(source.topic.0)] = Some((number, input));
            }
        }
        let topics = description.topics.iter().map(|_| VecDeque::new()).collect();
        let names = description.topics.iter().map(|t| t.name).collect();
        Self { tasks, topics, readers, names, written: BTreeMap::new() }
    }

    /// The topic of this number hands its next record to the task that reads it.
    fn deliver(&mut self, topic: usize) {
        let Some((task, input)) = self.readers[topic] else { return };
        let Some((key, value, timestamp)) = self.topics[topic].pop_front() else { return };
        let headers = HeaderBuf::new();
        let record = RecordRef {
            offset: 0,
            timestamp,
            key: key.as_deref(),
            value: value.as_deref(),
            headers: headers.as_headers(),
        };
        let task = &mut self.tasks[task];
        task.accept(input, &record).unwrap();
        task.run(WallTime::default(), 10).unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        for record in task.output().iter() {
            let topic = usize::from(record.topic.0);
            let (key, value) = (record.key.map(<[u8]>::to_vec), record.value.map(<[u8]>::to_vec));
            if self.readers[topic].is_some() {
                self.topics[topic].push_back((key, value, record.timestamp));
            } else if matches!(self.names[topic], "named" | "all") {
                let rows = self.written.entry(self.names[topic]).or_default();
                set(rows, text(&key.unwrap()), record.value.map(text));
            }
        }
        task.output().clear();
    }

    /// Delivers until nothing is left, first what is first in the list.
    fn settle(&mut self) {
        while let Some(topic) = (0..self.topics.len())
            .find(|t| self.readers[*t].is_some() && !self.topics[*t].is_empty())
        {
            self.deliver(topic);
        }
    }

    fn topic(&self, name: &str) -> usize {
        self.names.iter().position(|n| n.ends_with(name)).unwrap()
    }

    /// An update arrives in its topic.
    fn update(&mut self, (order, key, value): Update) -> usize {
        let topic = self.topic(if order { "orders" } else { "customers" });
        self.topics[topic].push_back((Some(key.into_bytes()), value.map(String::into_bytes), 0));
        topic
    }
}

fn set(table: &mut BTreeMap<String, String>, key: String, value: Option<String>) {
    match value {
        Some(value) => table.insert(key, value),
        None => table.remove(&key),
    };
}

/// An order is deleted and made again while its customer goes.
fn overtaken<T: Topology>() -> BTreeMap<String, String> {
    let mut network = Network::new::<T>();
    network.update((false, s("c"), Some(s("Ann"))));
    network.settle();
    network.update((true, s("o"), Some(s("c:1"))));
    network.settle();
    for update in [(true, s("o"), None), (true, s("o"), Some(s("c:2"))), (false, s("c"), None)] {
        let topic = network.update(update);
        network.deliver(topic);
    }
    network.settle();
    network.written.remove("named").unwrap_or_default()
}

#[test]
fn updates_that_overtake_each_other_leave_no_old_result() {
    assert_eq!(overtaken::<orders::Topology>(), BTreeMap::new());
}

#[test]
fn in_kafka_streams_an_old_result_stays_when_updates_overtake_each_other() {
    let stale = BTreeMap::from([(s("o"), s("c:1 Ann"))]);
    assert_eq!(overtaken::<as_kafka_streams::Topology>(), stale);
}

fn updates() -> impl Strategy<Value = Vec<Update>> {
    let order = (0..3u8, prop::option::of((0..4u8, 0..3u8))).prop_map(|(key, value)| {
        let value = value.map(|(customer, number)| match customer {
            3 => format!("nobody's {number}"),
            customer => format!("c{customer}:{number}"),
        });
        (true, format!("o{key}"), value)
    });
    let customer = (0..3u8, prop::option::of(0..3u8))
        .prop_map(|(key, value)| (false, format!("c{key}"), value.map(|v| format!("n{v}"))));
    prop::collection::vec(prop_oneof![3 => order, 2 => customer], 0..40)
}

proptest! {
    /// In whatever order topics hand out what is in them, in the end the results are those of what
    /// both tables hold.
    #[test]
    fn joins_are_those_of_the_latest_rows(
        updates in updates(), schedule in prop::collection::vec(any::<prop::sample::Index>(), 0..200),
    ) {
        let mut network = Network::new::<orders::Topology>();
        let (mut orders, mut customers) = (BTreeMap::new(), BTreeMap::new());
        for (order, key, value) in updates {
            network.update((order, key.clone(), value.clone()));
            set(if order { &mut orders } else { &mut customers }, key, value);
        }
        let read: Vec<usize> =
            (0..network.topics.len()).filter(|t| network.readers[*t].is_some()).collect();
        for index in schedule {
            network.deliver(*index.get(&read));
        }
        network.settle();
        let name = |order: &String| customers.get(customer(order)?);
        let named = orders
            .iter()
            .filter_map(|(key, order)| Some((key.clone(), format!("{order} {}", name(order)?))));
        let all = orders
            .iter()
            .map(|(key, order)| (key.clone(), format!("{key} {order} {:?}", name(order))));
        prop_assert_eq!(network.written.remove("named").unwrap_or_default(), named.collect());
        prop_assert_eq!(network.written.remove("all").unwrap_or_default(), all.collect());
    }
}
