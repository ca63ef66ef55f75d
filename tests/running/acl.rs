//! The rights that `acl` names are enough, and do count.

use std::process::Command;

use streams::App;
use streams::prelude::*;
use streams::runtime::acl::{Acl, Operation, Resource, acls};
use streams::runtime::config::Guarantee;
use streams::runtime::{Config, ErrorName, Streams, broker_for, read_topic};

use crate::support::{create, create_with, load, on_kafka};

#[topology]
mod stocked {
    topology! {
        source orders: stream<String, String> = "orders";
        table stock: table<String, String> = "stock", changelog = source;
        global names: table<String, String> = "names";
        sink counts: stream<String, i64> = "counts", on_error = dead_letter("dead");

        orders
            .join(stock, |order, stock| -> String { format!("{order} {stock}") })
            .join(names, |key, _| key.clone(), |order, name| -> String { format!("{order} {name}") })
            .group_by(|_, order| -> String { order.clone() })
            .count(per_order)
            .to_stream()
            .to(counts);
    }
}

const TOPICS: [&str; 5] = ["orders", "stock", "names", "counts", "dead"];

/// Lets Kafka's own tool give these rights to everybody who does not say who he is, or take them back.
fn change(change: &str, config: &Config, acls: &[Acl]) {
    let class_path = std::env::var("STREAMS_TEST_CLASS_PATH").unwrap();
    for acl in acls {
        let brokers = config.brokers.as_deref().unwrap();
        let done = Command::new("java")
            .args(["-cp", &class_path, "org.apache.kafka.tools.AclCommand"])
            .args(["--bootstrap-server", brokers, change, "--force"])
            .args(["--allow-principal", "User:ANONYMOUS"])
            .args(acl.arguments())
            .output()
            .unwrap();
        assert!(done.status.success(), "{acl:?}: {}", String::from_utf8_lossy(&done.stdout));
    }
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn an_application_with_the_rights_that_it_names_and_no_others_works() {
    let dir = tempfile::tempdir().unwrap();
    let (mut config, names) = on_kafka(dir.path(), "acl", &TOPICS);
    config.threads = 1;
    let app = App::<stocked::Topology>::new();
    let broker = broker_for(&app, &config).unwrap();
    let [orders, stock, name, counts, dead] = names[..] else { unreachable!() };
    create(&*broker, &[orders, name, counts, dead]);
    create_with(&*broker, &[stock], &[("cleanup.policy", "compact")]);
    let some = |topic, text: &str, time| (topic, "k".to_owned(), Some(text.to_owned()), time);
    load(&*broker, [some(name, "name", 0), some(stock, "2", 1), some(orders, "k", 5)]);

    let rights = acls(&app, &config);
    let group: Vec<Acl> =
        rights.iter().filter(|acl| acl.resource == Resource::Group).cloned().collect();
    let other = [Acl { operations: [Operation::Delete].into(), ..group[0].clone() }];
    change("--add", &config, &other);
    let streams = Streams::start(&app, config.clone()).unwrap();
    let ended = streams.run().unwrap_err();
    assert_eq!(ended.name(), Some(ErrorName::AuthorizationFailed), "{ended}");
    let id = config.application_id.as_deref().unwrap();
    assert!(ended.to_string().starts_with(&format!("in group {id}: ")), "{ended}");
    change("--remove", &config, &other);

    // Where a resource has one right, nobody has those that it does not name.
    change("--add", &config, &rights);
    for guarantee in [Guarantee::ExactlyOnce, Guarantee::AtLeastOnce] {
        config.processing_guarantee = guarantee;
        let streams = Streams::start(&app, config.clone()).unwrap();
        streams.run_until_end(|_, _| {}).unwrap();
    }
    let denied = read_topic(&*broker, counts, |_, _| {}).unwrap_err();
    assert_eq!(denied.name(), Some(ErrorName::AuthorizationFailed), "{denied}");
    assert!(denied.to_string().contains("the command `acl`"), "{denied}");
    change("--remove", &config, &rights);
    let mut read = Vec::new();
    read_topic(&*broker, counts, |_, record| read.push(record.key.map(<[u8]>::to_vec))).unwrap();
    assert_eq!(read, [Some(b"k 2 name".to_vec())]);
}
