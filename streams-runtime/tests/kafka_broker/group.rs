//! Joining, sharing, leaving, and being thrown out.

use std::time::{Duration, Instant};

use streams_runtime::broker::kafka::KafkaBroker;
use streams_runtime::broker::{Broker, Commit};
use streams_runtime::group::MembershipEvent;

use crate::support::{Member, at, broker, config, create, fill, unique};

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn two_members_share_partitions_of_the_same_numbers_and_leaving_hands_them_over_at_once() {
    let broker = broker();
    let (left, right) = (create(&broker, "left", 4, &[]), create(&broker, "right", 4, &[]));
    let group = unique("group");
    let mut one = Member::join(&broker, &group, &[&left, &right]);
    one.until_assigned(8);
    let mut two = Member::join(&broker, &group, &[&left, &right]);
    one.until("a rebalance", |one| {
        two.step();
        one.owned.len() == 4 && two.owned.len() == 4
    });
    let all_revoked =
        |e: &MembershipEvent| matches!(e, MembershipEvent::Revoked(p) if p.len() == 8);
    assert!(one.events.iter().any(all_revoked));
    for member in [&one, &two] {
        let numbers = |topic: &str| -> Vec<i32> {
            member.owned.iter().filter(|p| *p.topic == *topic).map(|p| p.partition).collect()
        };
        assert_eq!(numbers(&left), numbers(&right), "not co-partitioned");
        assert_eq!(numbers(&left).len(), 2);
    }
    let start = Instant::now();
    two.membership.leave().unwrap();
    one.until_assigned(8);
    let took_over = start.elapsed();
    // The other one learns of it by its heartbeat; of one that is only missed after the session's 10 s.
    assert!(took_over < Duration::from_secs(10), "taking over took {took_over:?}");
    one.membership.leave().unwrap();
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_commit_works_between_revocation_and_its_acknowledgement_and_is_fenced_after() {
    let broker = broker();
    let topic = create(&broker, "revoke", 2, &[]);
    let group = unique("group");
    let mut one = Member::join(&broker, &group, &[&topic]);
    one.until_assigned(2);
    one.obedient = false;
    let mut two = Member::join(&broker, &group, &[&topic]);
    one.until("revocation", |one| {
        two.step();
        matches!(one.events.last(), Some(MembershipEvent::Revoked(_)))
    });
    let offsets = [(at(&topic, 0), 0), (at(&topic, 1), 0)];
    assert_eq!(one.client.commit(&offsets).unwrap(), Commit::Committed);
    assert!(two.owned.is_empty(), "the group did not wait");
    one.membership.acknowledge_revoked().unwrap();
    assert_eq!(one.client.commit(&offsets).unwrap(), Commit::Fenced);
    one.obedient = true;
    one.until("both own one", |one| {
        two.step();
        two.owned.len() == 1 && one.owned.len() == 1
    });
    one.membership.leave().unwrap();
    two.membership.leave().unwrap();
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_member_that_was_thrown_out_cannot_commit() {
    let mut config = config();
    // A worker that does not poll for 6 s is thrown out.
    for (name, value) in [("max.poll.interval.ms", "6000"), ("session.timeout.ms", "6000")] {
        config.properties.insert(format!("consumer.{name}"), value.into());
    }
    let broker = KafkaBroker::new(config).unwrap();
    let topic = create(&broker, "thrown-out", 1, &[]);
    let group = unique("group");
    let mut one = Member::join(&broker, &group, &[&topic]);
    one.until_assigned(1);
    let mut two = Member::join(&broker, &group, &[&topic]);
    // Only the second one polls.
    two.until_assigned(1);
    assert_eq!(two.client.commit(&[(at(&topic, 0), 7)]).unwrap(), Commit::Committed);
    assert_eq!(one.client.commit(&[(at(&topic, 0), 3)]).unwrap(), Commit::Fenced);
    assert_eq!(broker.committed(&group, &[at(&topic, 0)]).unwrap(), [Some(7)]);
    // Nor while the group is empty, which takes offsets from anybody.
    two.membership.leave().unwrap();
    assert_eq!(one.client.commit(&[(at(&topic, 0), 3)]).unwrap(), Commit::Fenced);
    assert_eq!(broker.committed(&group, &[at(&topic, 0)]).unwrap(), [Some(7)]);
    one.until("it is told, and joins again", |one| one.events.len() >= 3 && one.owned.len() == 1);
    assert!(matches!(one.events[1], MembershipEvent::Lost(_)), "{:?}", one.events);
    assert_eq!(one.client.commit(&[(at(&topic, 0), 8)]).unwrap(), Commit::Committed);
    one.membership.leave().unwrap();
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn what_was_held_of_a_paused_partition_is_not_handed_out_after_its_revocation() {
    let broker = broker();
    let topic = create(&broker, "held", 1, &[]);
    fill(&broker, &topic, 0, 0..100);
    let group = unique("group");
    let mut one = Member::join(&broker, &group, &[&topic]);
    one.until_assigned(1);
    one.client.pause(&[at(&topic, 0)]).unwrap();
    let mut two = Member::join(&broker, &group, &[&topic]);
    one.until("revocation", |one| {
        two.step();
        matches!(one.events.last(), Some(MembershipEvent::Revoked(_)))
    });
    one.client.resume(&[at(&topic, 0)]).unwrap();
    one.client.poll(Duration::ZERO, 1000, &mut |polled| panic!("{polled:?}")).unwrap();
    one.until("one of them reads it", |one| {
        two.step();
        one.log.records.len() + two.log.records.len() == 100
    });
    one.membership.leave().unwrap();
    two.membership.leave().unwrap();
}
