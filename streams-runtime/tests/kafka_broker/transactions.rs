//! Exactly once: what counts, what does not, and who is shut out.

use std::time::{Duration, Instant};

use streams_core::Headers;
use streams_runtime::broker::kafka::KafkaBroker;
use streams_runtime::broker::{Append, Broker, Commit, OffsetAndTime, TopicPartition};
use streams_runtime::read_topic;

use crate::support::{Member, at, broker, config, create, unique};

/// The values of the topic that readers see.
fn visible(broker: &KafkaBroker, topic: &str) -> Vec<String> {
    let mut values = Vec::new();
    read_topic(broker, topic, |_, record| {
        values.push(String::from_utf8(record.value.unwrap_or_default().to_vec()).unwrap());
    })
    .unwrap();
    values
}

fn write(member: &mut Member, topic: &str, value: &str) {
    let (writer, _) = member.client.writer(topic).unwrap();
    let record = Append {
        topic: writer,
        partition: 0,
        timestamp: 7,
        key: Some(b"k"),
        value: Some(value.as_bytes()),
        headers: Headers::EMPTY,
    };
    member.client.append(record).unwrap();
}

fn join(broker: &KafkaBroker, group: &str, topic: &str, id: &str) -> Member {
    let mut member = Member::join_as(broker, group, &[topic], Some(id));
    member.until_assigned(1);
    member
}

fn offset(topic: &str, offset: i64) -> [(TopicPartition, i64); 1] {
    [(at(topic, 0), offset)]
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_commit_shows_records_and_offsets_and_an_abort_shows_neither() {
    let broker = broker();
    let (input, out) = (create(&broker, "eos-in", 1, &[]), create(&broker, "eos-out", 1, &[]));
    let group = unique("group");
    let mut member = join(&broker, &group, &input, &unique("id"));
    write(&mut member, &out, "one");
    let ends_of = [at(&out, 0)];
    let processed = OffsetAndTime { offset: 0, time: 1_700_000_000_123 };
    let offsets = [(at(&input, 0), processed)];
    let (commit, ends) = member.client.commit_with_ends(&offsets, &ends_of).unwrap();
    let committed = broker.committed_with_times(&group, &[at(&input, 0)]).unwrap();
    assert_eq!(committed, [Some(processed)]);
    assert_eq!((commit, ends), (Commit::Committed, vec![1]));
    write(&mut member, &out, "aborted");
    member.client.abort().unwrap();
    write(&mut member, &out, "two");
    assert_eq!(member.client.commit(&[]).unwrap(), Commit::Committed);
    assert_eq!(visible(&broker, &out), ["one", "two"]);
    assert_eq!(broker.committed(&group, &[at(&input, 0)]).unwrap(), [Some(0)]);
    // Each transaction has left its marker.
    let end = broker.end_offsets(&[at(&out, 0)]).unwrap();
    member.membership.leave().unwrap();
    assert!(end[0] >= 5, "{end:?}");
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_client_that_comes_back_under_its_name_aborts_what_it_had_open_and_shuts_its_former_self_out() {
    let broker = broker();
    let (input, out) = (create(&broker, "eos-in", 1, &[]), create(&broker, "eos-out", 1, &[]));
    let (group, id) = (unique("group"), unique("id"));
    let mut former = join(&broker, &group, &input, &id);
    write(&mut former, &out, "left open");
    // Makes sure that it has arrived.
    std::thread::sleep(Duration::from_millis(200));
    let mut later = Member::join_as(&broker, &unique("other"), &[], Some(&id));
    assert_eq!(visible(&broker, &out), Vec::<String>::new());
    write(&mut later, &out, "new");
    assert_eq!(later.client.commit(&[]).unwrap(), Commit::Committed);
    let outcome = former.client.commit(&offset(&input, 0)).unwrap();
    assert!(matches!(outcome, Commit::Aborted(_) | Commit::Unknown(_)), "{outcome:?}");
    assert_eq!(broker.committed(&group, &[at(&input, 0)]).unwrap(), [None]);
    // And takes its name back.
    former.client.recover().unwrap();
    write(&mut former, &out, "again");
    assert_eq!(former.client.commit(&offset(&input, 0)).unwrap(), Commit::Committed);
    assert_eq!(visible(&broker, &out), ["new", "again"]);
    former.membership.leave().unwrap();
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_member_that_was_thrown_out_is_fenced_and_nothing_of_its_transaction_counts() {
    let mut config = config();
    for (name, value) in [("max.poll.interval.ms", "6000"), ("session.timeout.ms", "6000")] {
        config.properties.insert(format!("consumer.{name}"), value.into());
    }
    config.transaction_timeout = Duration::from_secs(60);
    let broker = KafkaBroker::new(config).unwrap();
    let (input, out) = (create(&broker, "eos-in", 1, &[]), create(&broker, "eos-out", 1, &[]));
    let group = unique("group");
    let mut zombie = join(&broker, &group, &input, &unique("id"));
    write(&mut zombie, &out, "of a zombie");
    // Only the second one polls.
    let mut owner = join(&broker, &group, &input, &unique("id"));
    write(&mut owner, &out, "of the owner");
    assert_eq!(owner.client.commit(&offset(&input, 0)).unwrap(), Commit::Committed);
    assert_eq!(zombie.client.commit(&offset(&input, 0)).unwrap(), Commit::Fenced);
    assert_eq!(visible(&broker, &out), ["of the owner"]);
    owner.membership.leave().unwrap();
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn offsets_that_were_sent_early_never_take_the_group_back() {
    let mut config = config();
    config.transaction_timeout = Duration::from_secs(60);
    let broker = KafkaBroker::new(config.clone()).unwrap();
    (config.request_timeout, config.transaction_timeout) =
        (Duration::from_secs(1), Duration::from_secs(1));
    let impatient = KafkaBroker::new(config).unwrap();
    let (input, out) = (create(&broker, "eos-in", 1, &[]), create(&broker, "eos-out", 1, &[]));
    let group = unique("group");
    let mut former = join(&broker, &group, &input, &unique("id"));
    write(&mut former, &out, "one");
    assert_eq!(former.client.commit(&offset(&input, 3)).unwrap(), Commit::Committed);
    write(&mut former, &out, "two");
    let opened = Instant::now();
    // It is polled meanwhile, which sends the offset 3 once more; no one may read past it any more.
    former.until("early offsets are sent", |_| opened.elapsed() > Duration::from_millis(500));
    assert!(impatient.committed(&group, &[at(&input, 0)]).is_err(), "a transaction is open on it");
    // Without offsets of its own: early ones are confirmed.
    assert_eq!(former.client.commit(&[]).unwrap(), Commit::Committed);
    assert_eq!(broker.committed(&group, &[at(&input, 0)]).unwrap(), [Some(3)]);
    write(&mut former, &out, "of a former member");
    let opened = Instant::now();
    former.until("early offsets are sent", |_| opened.elapsed() > Duration::from_millis(500));
    former.obedient = false;
    let mut owner = Member::join_as(&broker, &group, &[&input], Some(&unique("id")));
    former.until("the partition is to be given up", |former| {
        owner.step();
        former.events.len() == 2
    });
    former.membership.acknowledge_revoked().unwrap();
    assert_eq!(former.client.commit(&[]).unwrap(), Commit::Fenced);
    former.membership.leave().unwrap();
    owner.until_assigned(1);
    write(&mut owner, &out, "three");
    assert_eq!(owner.client.commit(&offset(&input, 5)).unwrap(), Commit::Committed);
    assert_eq!(broker.committed(&group, &[at(&input, 0)]).unwrap(), [Some(5)]);
    assert_eq!(visible(&broker, &out), ["one", "two", "three"]);
    owner.membership.leave().unwrap();
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_transaction_that_took_too_long_is_aborted_and_the_client_recovers() {
    let mut config = config();
    config.transaction_timeout = Duration::from_secs(1);
    let broker = KafkaBroker::new(config).unwrap();
    let (input, out) = (create(&broker, "eos-in", 1, &[]), create(&broker, "eos-out", 1, &[]));
    let group = unique("group");
    let mut member = join(&broker, &group, &input, &unique("id"));
    write(&mut member, &out, "too late");
    let began = Instant::now();
    // The broker looks for such transactions every ten seconds.
    member.until("the broker aborts it", |_| began.elapsed() > Duration::from_secs(13));
    let outcome = member.client.commit(&offset(&input, 0)).unwrap();
    assert!(matches!(outcome, Commit::Aborted(_) | Commit::Unknown(_)), "{outcome:?}");
    member.client.recover().unwrap();
    write(&mut member, &out, "in time");
    assert_eq!(member.client.commit(&offset(&input, 0)).unwrap(), Commit::Committed);
    assert_eq!(visible(&broker, &out), ["in time"]);
    member.membership.leave().unwrap();
}
