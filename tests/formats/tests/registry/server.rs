//! Against a server that speaks Confluent's protocol.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use streams::format::{Avro, Decode, Encode};
use streams::runtime::broker::{Broker, TopicSpec};
use streams::runtime::config::Layers;
use streams::runtime::{
    Config, ErrorKind, Loader, Streams, broker_for, read_topic, schema_registry,
};
use streams::schema::{Boundary, EncodeWithSchema, Part, Schema, SchemaType};
use streams::{Topology, topology::TopicRole};

use crate::topologies::{known, later, shop};
use crate::types::{LaterOrder, Order, Total};

/// The server's address: `http://HOST:PORT/PATH`.
fn url() -> String {
    std::env::var("STREAMS_TEST_REGISTRY")
        .unwrap_or_else(|_| "http://127.0.0.1:8081/apis/ccompat/v7".to_owned())
}

fn layers(dir: &tempfile::TempDir, id: &str) -> Layers {
    let keys = [
        ("schema_registry.url", url()),
        ("application_id", id.to_owned()),
        ("state_dir", dir.path().to_str().unwrap().to_owned()),
        ("partitions", "2".to_owned()),
    ];
    keys.into_iter().fold(Layers::new(), |l, (key, value)| l.set(key, &value, "test").unwrap())
}

/// Names that other runs on the same server do not have.
fn unique(name: &str) -> String {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    format!("{name}-{}-{}", std::process::id(), since.as_nanos())
}

/// A configuration whose topics have names of their own on the broker, and so in the registry.
fn config(dir: &tempfile::TempDir, id: &str) -> Config {
    let topics = shop::Topology::DESCRIPTION.topics.iter();
    let named = topics.filter(|t| matches!(t.role, TopicRole::Source | TopicRole::Sink));
    let set = |layers: Layers, topic: &str| {
        layers.set(&format!("topics.{topic}"), &format!("{id}-{topic}"), "test").unwrap()
    };
    named.fold(layers(dir, id), |layers, t| set(layers, t.name)).build().unwrap()
}

fn value(id: i32, order: &Order) -> Vec<u8> {
    let mut bytes = [&[0], &id.to_be_bytes()[..]].concat();
    <Avro as Encode<Order>>::encode(order, &mut bytes).unwrap();
    bytes
}

fn load(broker: &Arc<dyn Broker>, topic: &str, id: i32, accounts: &[&str]) {
    let mut loader = Loader::new(&**broker).unwrap();
    for (at, account) in accounts.iter().enumerate() {
        let order = Order { account: (*account).to_owned(), amount: at as i64 + 1 };
        let value = value(id, &order);
        loader.append(topic, account.as_bytes(), Some(&value), at as i64).unwrap();
    }
    loader.commit().unwrap();
}

fn create(broker: &Arc<dyn Broker>, topic: &str) {
    let spec = TopicSpec { name: topic.to_owned(), partitions: 2, config: Default::default() };
    broker.create_topics(&[spec]).unwrap();
}

/// A request to the server, for what the client of the runtime has no need of.
fn put(path: &str, body: &str) -> String {
    let url = url();
    let (host, base) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let head = format!(
        "PUT /{base}{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
#[ignore = "needs a schema registry; `cargo xtask test` starts one"]
fn an_application_registers_its_schemas_and_reads_what_others_wrote() {
    let dir = tempfile::tempdir().unwrap();
    let id = unique("shop");
    let config = config(&dir, &id);
    let registry = schema_registry(&config).unwrap();
    let orders = format!("{id}-orders");
    let schema = <Avro as EncodeWithSchema<Order>>::schema().unwrap();
    let written = registry.id(&format!("{orders}-value"), &schema).unwrap();

    let broker = broker_for(&shop::app(), &config).unwrap();
    create(&broker, &orders);
    load(&broker, &orders, written, &["ann", "bo", "ann"]);
    for _ in 0..2 {
        let streams = Streams::start_on(&shop::app(), config.clone(), broker.clone()).unwrap();
        streams.run_until_end(|_, _| {}).unwrap();
        // The second time the state comes back by the schemas that it was written with.
        load(&broker, &orders, written, &["bo", "ann"]);
    }

    let mut totals: Vec<Total> = Vec::new();
    read_topic(&*broker, &format!("{id}-totals"), |_, record| {
        let (head, value) = record.value.unwrap().split_first_chunk::<5>().unwrap();
        let [0, number @ ..] = *head else { panic!("{head:?}") };
        let schema = registry.schema(i32::from_be_bytes(number)).unwrap();
        assert!(schema.text.contains("Total"), "{schema:?}");
        totals.push(Avro::decode(value).unwrap());
    })
    .unwrap();
    let last = |account| totals.iter().rev().find(|t| t.account == account).unwrap().total;
    assert_eq!((last("ann"), last("bo")), (6, 3));
    assert_eq!(totals.len(), 5);

    // Every kind of schema is there, under the names of the topics on the broker.
    for boundary in shop::Topology::SCHEMAS {
        let topic = shop::Topology::DESCRIPTION.topic(boundary.topic).unwrap();
        let name = if topic.is_internal() {
            topic.full_name(&id).into_owned()
        } else {
            format!("{id}-{}", topic.name)
        };
        boundary.check(&*registry, &name).unwrap();
        boundary.register(&*registry, &name).unwrap();
    }
}

#[test]
#[ignore = "needs a schema registry; `cargo xtask test` starts one"]
fn a_global_table_is_loaded_and_queried_by_its_schemas() {
    let dir = tempfile::tempdir().unwrap();
    let id = unique("known");
    let name = |layers: Layers, topic: &str| {
        layers.set(&format!("topics.{topic}"), &format!("{id}-{topic}"), "test").unwrap()
    };
    let topics = ["asked", "orders", "amounts"].into_iter();
    let config = topics.fold(layers(&dir, &id), name).build().unwrap();
    let registry = schema_registry(&config).unwrap();
    let orders = format!("{id}-orders");
    let schema = <Avro as EncodeWithSchema<Order>>::schema().unwrap();
    let written = registry.id(&format!("{orders}-value"), &schema).unwrap();
    let broker = broker_for(&known::app(), &config).unwrap();
    create(&broker, &orders);
    load(&broker, &orders, written, &["ann", "bo"]);
    // The second time the rows lie on the disk, and are decoded for the one who asks.
    for _ in 0..2 {
        let streams = Streams::start_on(&known::app(), config.clone(), broker.clone()).unwrap();
        let table = streams.queries().global(known::stores::orders()).unwrap();
        assert_eq!(table.get("bo").unwrap().map(|order| order.amount), Some(2));
        let accounts = table.read(|rows| {
            rows.all()?.map(|row| Ok(row?.value.account)).collect::<streams::Result<Vec<_>>>()
        });
        assert_eq!(accounts.unwrap(), ["ann", "bo"]);
        streams.stop();
        streams.wait().unwrap();
    }
}

#[test]
#[ignore = "needs a schema registry; `cargo xtask test` starts one"]
fn a_later_version_of_the_program_reads_what_was_written_before() {
    let dir = tempfile::tempdir().unwrap();
    let id = unique("later");
    let mut config = layers(&dir, &id);
    for topic in ["orders", "kept"] {
        config = config.set(&format!("topics.{topic}"), &format!("{id}-{topic}"), "test").unwrap();
    }
    let config = config.build().unwrap();
    let registry = schema_registry(&config).unwrap();
    let orders = format!("{id}-orders");
    let schema = <Avro as EncodeWithSchema<Order>>::schema().unwrap();
    let written = registry.id(&format!("{orders}-value"), &schema).unwrap();
    let broker = broker_for(&later::app(), &config).unwrap();
    create(&broker, &orders);
    load(&broker, &orders, written, &["ann", "bo"]);
    let streams = Streams::start_on(&later::app(), config, broker.clone()).unwrap();
    streams.run_until_end(|_, _| {}).unwrap();
    let mut kept: Vec<LaterOrder> = Vec::new();
    read_topic(&*broker, &format!("{id}-kept"), |_, record| {
        kept.push(Avro::decode(record.value.unwrap().get(5..).unwrap()).unwrap());
    })
    .unwrap();
    assert_eq!(kept, [LaterOrder { account: "bo".into(), amount: 2.0, note: None }]);
}

#[test]
#[ignore = "needs a schema registry; `cargo xtask test` starts one"]
fn a_schema_that_does_not_fit_those_before_it_is_refused_before_a_record_is_processed() {
    let dir = tempfile::tempdir().unwrap();
    let id = unique("refused");
    let config = config(&dir, &id);
    let registry = schema_registry(&config).unwrap();
    let subject = format!("{id}-totals-value");
    let text = r#"{"type": "record", "name": "Total", "namespace": "shop", "fields": [
        {"name": "account", "type": "int"}]}"#;
    let other = Schema { schema_type: SchemaType::Avro, text: text.to_owned() };
    registry.id(&subject, &other).unwrap();
    let answer = put(&format!("/config/{subject}"), r#"{"compatibility": "FULL"}"#);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let error = Streams::start(&shop::app(), config).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let text = error.to_string();
    assert!(text.contains(&subject) && text.contains("does not fit those before it"), "{text}");
    let totals = |b: &&Boundary| {
        let topic = shop::Topology::DESCRIPTION.topic(b.topic).unwrap();
        topic.name == "totals" && b.part == Part::Value
    };
    let boundary = shop::Topology::SCHEMAS.iter().find(totals).unwrap();
    let error = boundary.check(&*registry, &format!("{id}-totals")).unwrap_err();
    assert!(error.to_string().contains("would refuse it"), "{error}");
}

#[test]
#[ignore = "needs a schema registry; `cargo xtask test` starts one"]
fn without_auto_register_a_missing_schema_is_an_error_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(&dir, &unique("strict"));
    config.schema_registry.auto_register = false;
    let error = Streams::start(&shop::app(), config).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("has no such schema"), "{error}");
}

#[test]
#[ignore = "needs a schema registry; `cargo xtask test` starts one"]
fn a_number_that_the_server_does_not_know_is_the_records_fault() {
    let dir = tempfile::tempdir().unwrap();
    let registry = schema_registry(&config(&dir, &unique("number"))).unwrap();
    let error = registry.schema(i32::MAX).unwrap_err();
    assert_eq!(error.kind(), streams::ErrorKind::Decode);
}

#[test]
fn a_server_that_is_away_is_no_records_fault() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(&dir, "away");
    // Nothing listens on the discard port.
    config.schema_registry.url = Some("http://127.0.0.1:9, http://127.0.0.1:9/".to_owned());
    let error = Streams::start(&shop::app(), config).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Retry);
    assert!(error.to_string().contains("does not answer"), "{error}");
}

#[test]
fn a_topology_with_schemas_says_that_it_needs_a_registry() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(&dir, "none");
    for (url, expected) in [(None, "set `schema_registry.url`"), (Some("localhost"), "http://")] {
        config.schema_registry.url = url.map(str::to_owned);
        let error = Streams::start(&shop::app(), config.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(expected), "{error}");
    }
}
