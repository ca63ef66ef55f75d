//! Reading, writing, positions and pauses.

use std::time::{Duration, Instant};

use streams_core::{HeaderBuf, Headers};
use streams_runtime::ErrorKind;
use streams_runtime::broker::{Append, Broker, Commit, OffsetAndTime, Position, TopicPartition};

use crate::support::{DEADLINE, Log, Member, Seen, at, broker, create, fill, record, unique};

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn what_is_appended_and_committed_is_read_back_with_times_headers_and_nulls() {
    let broker = broker();
    let topic = create(&broker, "read-back", 2, &[]);
    let group = unique("group");
    let mut member = Member::join(&broker, &group, &[&topic]);
    let (writer, partitions) = member.client.writer(&topic).unwrap();
    assert_eq!(partitions, 2);

    let mut headers = HeaderBuf::new();
    headers.push("trace", Some(b"1"));
    headers.push("null", None);
    headers.push("trace", Some(b""));
    let mut append = |timestamp, key, value, headers| {
        let append = Append { topic: writer, partition: 1, timestamp, key, value, headers };
        member.client.append(append).unwrap();
    };
    append(1_700_000_000_000, Some(&b"k"[..]), Some(&b"v"[..]), headers.as_headers());
    append(5, None, Some(b""), Headers::EMPTY);
    append(6, Some(b""), None, Headers::EMPTY);
    assert_eq!(member.client.commit(&[]).unwrap(), Commit::Committed);

    member.until("records", |m| m.log.records.len() == 3);
    let seen = |offset, timestamp, key: Option<&[u8]>, value: Option<&[u8]>| Seen {
        topic: 0,
        partition: 1,
        offset,
        timestamp,
        key: key.map(<[u8]>::to_vec),
        value: value.map(<[u8]>::to_vec),
        headers: vec![],
    };
    let mut first = seen(0, 1_700_000_000_000, Some(b"k"), Some(b"v"));
    first.headers = vec![
        ("trace".into(), Some(b"1".to_vec())),
        ("null".into(), None),
        ("trace".into(), Some(vec![])),
    ];
    let expected = [first, seen(1, 5, None, Some(b"")), seen(2, 6, Some(b""), None)];
    assert_eq!(member.log.records, expected);

    let processed = OffsetAndTime { offset: 3, time: 1_700_000_000_123 };
    let positions = [(at(&topic, 1), processed)];
    let both = [at(&topic, 0), at(&topic, 1)];
    let (commit, ends) = member.client.commit_with_ends(&positions, &both).unwrap();
    assert_eq!((commit, ends), (Commit::Committed, vec![0, 3]));
    assert_eq!(broker.committed(&group, &both).unwrap(), [None, Some(3)]);
    let with_times = broker.committed_with_times(&group, &both).unwrap();
    assert_eq!(with_times, [None, Some(processed)]);
    assert_eq!(broker.end_offsets(&both).unwrap(), [0, 3]);
    assert_eq!(broker.beginning_offsets(&both).unwrap(), [0, 0]);
    member.membership.leave().unwrap();
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn the_end_is_told_of_an_empty_partition_and_again_after_new_records() {
    let broker = broker();
    let topic = create(&broker, "ends", 1, &[]);
    let mut member = Member::join(&broker, &unique("group"), &[&topic]);
    member.until("first end", |m| m.log.ends == [(0, 0)]);
    member.append(&topic, 0, b"a");
    assert_eq!(member.client.commit(&[]).unwrap(), Commit::Committed);
    member.until("second end", |m| m.log.ends.len() == 2);
    assert_eq!(member.log.offsets(0), [0]);
    member.membership.leave().unwrap();
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn pausing_loses_nothing_and_hands_out_nothing_meanwhile() {
    let broker = broker();
    let topic = create(&broker, "pause", 2, &[]);
    // More than is held of a paused partition, so that its fetching is stopped, too.
    let count = 60_000;
    fill(&broker, &topic, 0, 0..count);
    fill(&broker, &topic, 1, 0..count);
    let mut member = Member::join(&broker, &unique("group"), &[&topic]);
    member.until_assigned(2);
    let mut paused = 0;
    member.until("all records, with pauses", |m| {
        let before = m.log.offsets(0).len();
        m.client.pause(&[at(&topic, 0)]).unwrap();
        for _ in 0..15 {
            m.step();
        }
        assert_eq!(m.log.offsets(0).len(), before, "handed out while paused");
        m.client.resume(&[at(&topic, 0)]).unwrap();
        paused += 1;
        for _ in 0..20 {
            m.step();
        }
        m.log.records.len() == 2 * count
    });
    assert!(paused > 1);
    let all: Vec<i64> = (0..60_000).collect();
    assert_eq!(member.log.offsets(0), all);
    assert_eq!(member.log.offsets(1), all);

    // Also when it was paused at its end, and more came meanwhile.
    member.until("end", |m| m.log.ends.contains(&(0, 0)));
    member.client.pause(&[at(&topic, 0)]).unwrap();
    fill(&broker, &topic, 0, 0..count);
    for _ in 0..20 {
        member.step();
    }
    assert_eq!(member.log.offsets(0), all);
    member.client.resume(&[at(&topic, 0)]).unwrap();
    member.until("the rest", |m| m.log.offsets(0).len() == 2 * count);
    let all: Vec<i64> = (0..120_000).collect();
    assert_eq!(member.log.offsets(0), all);
    member.membership.leave().unwrap();
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn an_assignment_without_positions_goes_on_where_it_was() {
    let broker = broker();
    let topic = create(&broker, "goes-on", 2, &[]);
    fill(&broker, &topic, 0, 0..10);
    fill(&broker, &topic, 1, 0..10);
    let mut member = Member::join(&broker, &unique("group"), &[&topic]);
    member.until_assigned(2);
    // In pieces, so that the position is in the middle; the rest is held.
    let start = Instant::now();
    while member.log.records.len() < 7 {
        assert!(start.elapsed() < DEADLINE);
        member.step_for(Duration::from_millis(20), 1).unwrap();
    }
    member.client.pause(&[at(&topic, 0), at(&topic, 1)]).unwrap();
    member.step();
    member.client.assign(&[(at(&topic, 0), None), (at(&topic, 1), None)]).unwrap();
    member.until("the rest", |m| m.log.records.len() == 20);
    let all: Vec<i64> = (0..10).collect();
    assert_eq!((member.log.offsets(0), member.log.offsets(1)), (all.clone(), all));

    // From the end; from an offset.
    member.log.records.clear();
    let from =
        [(at(&topic, 0), Some(Position::Latest)), (at(&topic, 1), Some(Position::Offset(8)))];
    member.client.assign(&from).unwrap();
    member.append(&topic, 0, b"new");
    assert_eq!(member.client.commit(&[]).unwrap(), Commit::Committed);
    member.until("from there", |m| m.log.records.len() == 3);
    assert_eq!((member.log.offsets(0), member.log.offsets(1)), (vec![10], vec![8, 9]));

    // Nowhere to go on from.
    member.client.assign(&[(at(&topic, 0), None)]).unwrap();
    let error = member.client.assign(&[(at(&topic, 0), None), (at(&topic, 1), None)]).unwrap_err();
    assert!(error.to_string().contains(&format!("{topic}-1")), "{error}");
    member.membership.leave().unwrap();
}

/// librdkafka aborted the process now and then: a partition was stopped twice when it was assigned
/// anew, or given back, before its stop by the assignment before was confirmed.
#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn assignments_may_follow_each_other_without_a_pause() {
    let broker = broker();
    let topic = create(&broker, "quick", 20, &[]);
    for _ in 0..5 {
        let mut member = Member::join(&broker, &unique("group"), &[&topic]);
        member.until_assigned(20);
        let all: Vec<_> = (0..20).map(|p| (at(&topic, p), Some(Position::Offset(0)))).collect();
        for _ in 0..100 {
            member.client.assign(&all).unwrap();
            member.client.assign(&[]).unwrap();
        }
        member.client.assign(&all).unwrap();
        member.until("an end", |m| !m.log.ends.is_empty());
        member.client.assign(&all).unwrap();
        member.membership.leave().unwrap();
    }
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_position_out_of_range_is_an_error_that_names_the_partition() {
    let broker = broker();
    let topic = create(&broker, "range", 1, &[]);
    let mut member = Member::join(&broker, &unique("group"), &[&topic]);
    member.until_assigned(1);
    member.client.assign(&[(at(&topic, 0), Some(Position::Offset(77)))]).unwrap();
    let start = Instant::now();
    let error = loop {
        assert!(start.elapsed() < DEADLINE, "no error");
        if let Err(e) = member.step_for(Duration::from_millis(20), 10) {
            break e;
        }
    };
    println!("{error}");
    assert_eq!(error.kind(), ErrorKind::Fatal);
    let text = error.to_string();
    assert!(text.contains(&format!("{topic}-0")) && text.contains("offset 77 "), "{text}");
    member.membership.leave().unwrap();
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_record_that_the_broker_refuses_stops_every_later_append_and_commit() {
    let broker = broker();
    let topic = create(&broker, "refused", 1, &[("max.message.bytes", "1000")]);
    let mut member = Member::join(&broker, &unique("group"), &[&topic]);
    member.until_assigned(1);
    member.append(&topic, 0, &[7; 5000]);
    for _ in 0..2 {
        let error = member.client.commit(&[(at(&topic, 0), 0)]).unwrap_err();
        println!("{error}");
        assert_eq!(error.kind(), ErrorKind::Fatal);
        let text = error.to_string();
        let named = text.contains(&format!("{topic}-0")) && text.contains("max.message.bytes");
        assert!(named, "{text}");
    }
    assert_eq!(broker.end_offsets(&[at(&topic, 0)]).unwrap(), [0]);
    member.membership.leave().unwrap();
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_record_that_is_too_large_for_the_client_is_that_records_error_only() {
    let broker = broker();
    let topic = create(&broker, "too-large", 1, &[]);
    let mut member = Member::join(&broker, &unique("group"), &[]);
    let (writer, _) = member.client.writer(&topic).unwrap();
    let error = member.client.append(record(writer, 0, &vec![7; 2_000_000])).unwrap_err();
    println!("{error}");
    assert_eq!(error.kind(), ErrorKind::Record);
    assert!(error.to_string().contains(&format!("{topic}-0")), "{error}");
    member.client.append(record(writer, 0, b"small")).unwrap();
    assert_eq!(member.client.commit(&[]).unwrap(), Commit::Committed);
    assert_eq!(broker.end_offsets(&[at(&topic, 0)]).unwrap(), [1]);
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_reader_reads_to_the_end_and_can_be_sent_back() {
    let broker = broker();
    let topic = create(&broker, "reader", 2, &[]);
    fill(&broker, &topic, 0, 0..5);
    fill(&broker, &topic, 1, 0..5);
    let mut reader = broker.reader().unwrap();
    let mut read = |from: &[(TopicPartition, Position)], records: usize, ends: usize| {
        let mut log = Log::default();
        reader.assign(from).unwrap();
        let start = Instant::now();
        while log.records.len() < records || log.ends.len() < ends {
            assert!(start.elapsed() < DEADLINE, "{} records", log.records.len());
            reader.poll(Duration::from_millis(100), 3, &mut |polled| log.note(&polled)).unwrap();
        }
        println!("read {records} records and {ends} ends in {:?}", start.elapsed());
        log
    };
    let from = [(at(&topic, 1), Position::Offset(2)), (at(&topic, 0), Position::Earliest)];
    let log = read(&from, 8, 2);
    assert_eq!((log.offsets(0), log.offsets(1)), (vec![0, 1, 2, 3, 4], vec![2, 3, 4]));
    // `topic` is the place in the list.
    assert!(log.records.iter().all(|r| r.topic == usize::from(r.partition == 0)));
    let log = read(&[(at(&topic, 0), Position::Offset(4))], 1, 1);
    assert_eq!(log.offsets(0), [4]);
    let log = read(&[(at(&topic, 0), Position::Latest)], 0, 1);
    assert_eq!(log.records, []);
}
