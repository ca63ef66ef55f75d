//! Topics, groups, workers, and what is found again after a restart.

use super::*;
use crate::broker::embedded::keys;
use crate::group::MembershipEvent;

#[test]
fn topics_records_and_offsets_are_found_again() {
    let dir = TempDir::new().unwrap();
    let config: &[(&str, &str)] = &[("cleanup.policy", "compact"), ("segment.bytes", "1")];
    let broker = log_with(&dir, &[("a", 2, &[]), ("b", 1, config)]);
    let mut c = client(&broker, &["a"]);
    append(&mut *c, "a", 1, "k", Some("v"));
    commit(&mut *c);
    let _ = c.commit(&[(at("a", 1), 1)]).unwrap();
    drop((c, broker));

    let broker = open(&dir);
    let topics = broker.topics(&["b", "none", "a"]).unwrap();
    assert_eq!(topics[0].as_ref().unwrap().config["cleanup.policy"], "compact");
    assert_eq!(topics[0].as_ref().unwrap().config["segment.bytes"], "1");
    assert_eq!(topics[1], None);
    assert_eq!(topics[2].as_ref().unwrap().partitions, 2);
    assert_eq!(read(&broker, "a", 1, Position::Earliest), [row(1, 0, "k", "v")]);
    assert_eq!(broker.committed("app", &[at("a", 0), at("a", 1)]).unwrap(), [None, Some(1)]);
    assert_eq!(broker.committed("other", &[at("a", 1)]).unwrap(), [None]);
    let mut c = client(&broker, &["a"]);
    append(&mut *c, "a", 1, "k", Some("w"));
    commit(&mut *c);
    assert_eq!(read(&broker, "a", 1, Position::Offset(1)), [row(1, 1, "k", "w")]);
}

#[test]
fn a_second_open_is_refused_with_the_directory_and_what_to_do() {
    let dir = TempDir::new().unwrap();
    let _first = open(&dir);
    let e = EmbeddedBroker::open(EmbeddedConfig::new(dir.path())).err().unwrap().to_string();
    assert!(e.contains(&*dir.path().to_string_lossy()), "{e}");
    assert!(e.contains("is in use") && e.contains("choose another directory"), "{e}");
}

#[test]
fn a_topic_that_is_there_stays_as_it_is() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 2, &[])]);
    let other = TopicSpec { name: "t".to_owned(), partitions: 9, config: Default::default() };
    broker.create_topics(&[other]).unwrap();
    assert_eq!(broker.topics(&["t"]).unwrap()[0].as_ref().unwrap().partitions, 2);
}

#[test]
fn a_topic_created_anew_has_no_records_and_no_offsets() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 1, &[])]);
    let mut c = client(&broker, &["t"]);
    append(&mut *c, "t", 0, "k", Some("old"));
    commit(&mut *c);
    let _ = c.commit(&[(at("t", 0), 1)]).unwrap();
    c.assign(&[(at("t", 0), Some(Position::Latest))]).unwrap();
    broker.delete_topics(&["t", "absent"]).unwrap();
    let e = c.poll(Duration::ZERO, 1, &mut |_| {}).unwrap_err().to_string();
    assert!(e.contains("topic t was deleted"), "{e}");
    append(&mut *c, "t", 0, "k", Some("late"));
    assert!(c.commit(&[]).unwrap_err().to_string().contains("topic t was deleted"));
    drop((c, broker));

    let broker = log_with(&dir, &[("t", 1, &[])]);
    assert_eq!(broker.committed("app", &[at("t", 0)]).unwrap(), [None]);
    assert_eq!(broker.end_offsets(&[at("t", 0)]).unwrap(), [0]);
    assert_eq!(read(&broker, "t", 0, Position::Earliest), []);
}

#[test]
fn workers_share_the_partitions_by_number() {
    let dir = TempDir::new().unwrap();
    drop(log_with(&dir, &[("a", 4, &[]), ("b", 4, &[])]));
    let config = EmbeddedConfig { workers: 3, ..EmbeddedConfig::new(dir.path()) };
    let broker = EmbeddedBroker::open(config).unwrap();
    let share = |worker| {
        let topics = vec!["a".to_owned(), "b".to_owned()];
        let options = ClientOptions {
            application_id: "app".to_owned(),
            worker,
            topics,
            transactional_id: None,
        };
        let mut membership = broker.client(&options)?.1;
        membership.event()
    };
    let expected = [at("a", 0), at("a", 3), at("b", 0), at("b", 3)];
    assert_eq!(share(0).unwrap(), Some(MembershipEvent::Assigned(expected.to_vec())));
    let expected = [at("a", 1), at("b", 1)];
    assert_eq!(share(1).unwrap(), Some(MembershipEvent::Assigned(expected.to_vec())));
    assert!(share(3).is_err());
}

#[test]
fn mistakes_are_named() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 2, &[]), ("c", 1, &[("cleanup.policy", "compact")])]);
    let mut c = client(&broker, &["t"]);
    assert!(c.writer("absent").unwrap_err().to_string().contains("topic absent"));
    let (t, _) = c.writer("t").unwrap();
    let (compacted, _) = c.writer("c").unwrap();
    let record = |topic, partition| Append {
        topic,
        partition,
        timestamp: 0,
        key: None,
        value: Some(b"v"),
        headers: Headers::EMPTY,
    };
    let e = c.append(record(t, 2)).unwrap_err().to_string();
    assert!(e.contains("topic t has no partition 2"), "{e}");
    let e = c.append(record(compacted, 0)).unwrap_err().to_string();
    assert!(e.contains("without a key for c-0"), "{e}");
    let e = c.commit(&[(at("t", 1), 1)]).unwrap_err().to_string();
    assert!(e.contains("offset 1 of t-1"), "{e}");
    assert!(c.pause(&[at("t", 0)]).unwrap_err().to_string().contains("t-0 is not assigned"));
    let none = TopicSpec { name: "none".to_owned(), partitions: 0, config: Default::default() };
    assert!(broker.create_topics(&[none]).unwrap_err().to_string().contains("0 partitions"));
}

#[test]
fn a_damaged_batch_is_named_with_its_place() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 2, &[])]);
    let mut c = client(&broker, &["t"]);
    for value in ["0", "1", "2"] {
        append(&mut *c, "t", 1, "k", Some(value));
        commit(&mut *c);
    }
    let log = &broker.log;
    let family = log.family(keys::LOG).unwrap();
    let key = keys::batch(log.topic("t").unwrap().id, 1, 1);
    let mut value = log.db.get_cf(family, key).unwrap().unwrap();
    *value.last_mut().unwrap() ^= 1;
    log.db.put_cf(family, key, value).unwrap();
    c.assign(&[(at("t", 1), Some(Position::Earliest))]).unwrap();
    let e = c.poll(Duration::ZERO, 10, &mut |_| {}).unwrap_err().to_string();
    assert!(e.contains("offset 1 of t-1 does not match its checksum"), "{e}");
    // What it says to do helps.
    broker.delete_records(&[(at("t", 1), 2)]).unwrap();
    assert_eq!(read(&broker, "t", 1, Position::Earliest), [row(1, 2, "k", "2")]);
}

#[test]
fn a_missing_batch_is_an_error_and_not_a_gap() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 1, &[])]);
    let mut c = client(&broker, &["t"]);
    for value in ["0", "1", "2"] {
        append(&mut *c, "t", 0, "k", Some(value));
        commit(&mut *c);
    }
    let log = &broker.log;
    let family = log.family(keys::LOG).unwrap();
    for gone in [1, 2] {
        log.db.delete_cf(family, keys::batch(log.topic("t").unwrap().id, 0, gone)).unwrap();
        c.assign(&[(at("t", 0), Some(Position::Offset(1)))]).unwrap();
        let e = c.poll(Duration::ZERO, 10, &mut |_| {}).unwrap_err().to_string();
        assert!(e.contains("offset 1 of t-0 is missing"), "{e}");
    }
}
