//! Topics, and a cluster that is away.

use std::time::{Duration, Instant};

use streams_runtime::ErrorKind;
use streams_runtime::broker::kafka::{KafkaBroker, KafkaConfig};
use streams_runtime::broker::{Broker, TopicSpec};

use crate::support::{Member, at, broker, create, fill, unique};

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn topics_are_created_found_and_deleted_and_an_unknown_one_is_not_created_by_asking() {
    let broker = broker();
    let (name, absent) = (unique("topic"), unique("absent"));
    let spec = TopicSpec {
        name: name.clone(),
        partitions: 3,
        config: [("cleanup.policy".to_owned(), "compact".to_owned())].into(),
    };
    broker.create_topics(std::slice::from_ref(&spec)).unwrap();
    // There already: no error.
    broker.create_topics(&[spec]).unwrap();
    for _ in 0..2 {
        let found = broker.topics(&[&name, &absent]).unwrap();
        assert_eq!(found[0].as_ref().map(|t| t.partitions), Some(3));
        assert_eq!(found[1], None);
    }
    let mut member = Member::join(&broker, &unique("group"), &[]);
    let error = member.client.writer(&absent).unwrap_err();
    assert!(error.to_string().contains(&absent), "{error}");
    let error = broker.end_offsets(&[at(&absent, 0)]).unwrap_err();
    assert!(error.to_string().contains(&absent), "{error}");
    broker.delete_topics(&[&name, &absent]).unwrap();
    assert_eq!(broker.topics(&[&name]).unwrap(), [None]);
    let wrong = TopicSpec {
        name: name.clone(),
        partitions: 1,
        config: [("no.such.config".to_owned(), "1".to_owned())].into(),
    };
    let error = broker.create_topics(&[wrong]).unwrap_err().to_string();
    assert!(error.contains(&name) && error.contains("no.such.config"), "{error}");
}

#[test]
fn a_cluster_that_is_away_is_an_error_within_the_timeout_and_not_a_hang() {
    // Nothing listens on port 1.
    let mut config = KafkaConfig::new("127.0.0.1:1");
    config.request_timeout = Duration::from_millis(500);
    config.leave_timeout = Duration::from_millis(500);
    let broker = KafkaBroker::new(config).unwrap();
    let start = Instant::now();
    assert_eq!(broker.topics(&["a"]).unwrap_err().kind(), ErrorKind::Retry);
    assert_eq!(broker.end_offsets(&[at("a", 0)]).unwrap_err().kind(), ErrorKind::Retry);
    assert_eq!(broker.committed("g", &[at("a", 0)]).unwrap_err().kind(), ErrorKind::Retry);
    let mut member = Member::join(&broker, "g", &["a"]);
    member.step();
    let left = member.membership.leave();
    println!("leave: {left:?}");
    drop(member);
    drop(broker);
    println!("all in {:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn deleted_records_are_gone_and_the_others_stay() {
    let broker = broker();
    let name = create(&broker, "purged", 1, &[]);
    fill(&broker, &name, 0, 0..10);
    broker.delete_records(&[(at(&name, 0), 7)]).unwrap();
    assert_eq!(broker.beginning_offsets(&[at(&name, 0)]).unwrap(), [7]);
    assert_eq!(broker.end_offsets(&[at(&name, 0)]).unwrap(), [10]);
}
