//! Positions, ends, pauses, turns and waiting.

use super::*;

#[test]
fn records_are_read_in_order_once_they_are_committed_and_not_before() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 1, &[])]);
    let mut c = client(&broker, &["t"]);
    append(&mut *c, "t", 0, "a", Some("1"));
    append(&mut *c, "t", 0, "b", None);
    assert_eq!(read(&broker, "t", 0, Position::Earliest), []);
    commit(&mut *c);
    let b = (0, 1, Some("b".to_owned()), None);
    assert_eq!(read(&broker, "t", 0, Position::Earliest), [row(0, 0, "a", "1"), b]);
    assert_eq!(broker.end_offsets(&[at("t", 0)]).unwrap(), [2]);
}

#[test]
fn what_was_aborted_takes_no_offset() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 1, &[])]);
    let mut c = client(&broker, &["t"]);
    append(&mut *c, "t", 0, "a", Some("lost"));
    c.abort().unwrap();
    append(&mut *c, "t", 0, "a", Some("kept"));
    commit(&mut *c);
    assert_eq!(read(&broker, "t", 0, Position::Earliest), [row(0, 0, "a", "kept")]);
}

#[test]
fn timestamps_headers_and_nulls_come_back() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 1, &[])]);
    let mut loader = broker.loader();
    let (topic, partitions) = loader.writer("t").unwrap();
    assert_eq!(partitions, 1);
    let mut headers = streams_core::HeaderBuf::new();
    headers.push("trace", Some(b"7"));
    let headers = headers.as_headers();
    let record =
        Append { topic, partition: 0, timestamp: -5, key: None, value: Some(b""), headers };
    loader.append(record).unwrap();
    loader.commit().unwrap();
    let mut reader = broker.reader().unwrap();
    reader.assign(&[(at("t", 0), Position::Earliest)]).unwrap();
    let mut seen = 0;
    reader
        .poll(Duration::from_secs(10), 1, &mut |polled| {
            let Polled::Record { topic: 0, partition: 0, record } = polled else {
                panic!("{polled:?}")
            };
            assert_eq!((record.timestamp, record.key, record.value), (-5, None, Some(&b""[..])));
            assert_eq!(record.headers.last("trace"), Some(Some(&b"7"[..])));
            seen += 1;
        })
        .unwrap();
    assert_eq!(seen, 1);
}

#[test]
fn the_end_is_reported_once_and_again_after_new_records() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 2, &[])]);
    let mut c = client(&broker, &["t"]);
    let from = Some(Position::Earliest);
    c.assign(&[(at("t", 0), from), (at("t", 1), from)]).unwrap();
    assert_eq!(poll(&mut *c, 10), (vec![], vec![0, 1]));
    assert_eq!(poll(&mut *c, 10), (vec![], vec![]));
    append(&mut *c, "t", 1, "a", Some("1"));
    commit(&mut *c);
    assert_eq!(poll(&mut *c, 10), (vec![row(1, 0, "a", "1")], vec![1]));
    assert_eq!(poll(&mut *c, 10), (vec![], vec![]));
}

#[test]
fn a_position_is_an_offset_the_beginning_or_the_end() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 1, &[])]);
    let mut c = client(&broker, &["t"]);
    for value in ["0", "1", "2"] {
        append(&mut *c, "t", 0, "k", Some(value));
    }
    commit(&mut *c);
    append(&mut *c, "t", 0, "k", Some("3"));
    commit(&mut *c);
    let values = |from| -> Vec<String> {
        read(&broker, "t", 0, from).into_iter().map(|row| row.3.unwrap()).collect()
    };
    assert_eq!(values(Position::Earliest), ["0", "1", "2", "3"]);
    assert_eq!(values(Position::Offset(1)), ["1", "2", "3"]);
    assert_eq!(values(Position::Offset(3)), ["3"]);
    assert_eq!(values(Position::Offset(4)), [""; 0]);
    assert_eq!(values(Position::Latest), [""; 0]);
    for offset in [-1, 5] {
        let e = c.assign(&[(at("t", 0), Some(Position::Offset(offset)))]).unwrap_err();
        let e = e.to_string();
        assert!(e.contains(&format!("offset {offset} of t-0")) && e.contains("0 to 4"), "{e}");
    }
}

#[test]
fn a_pause_loses_nothing_and_repeats_nothing() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 2, &[])]);
    let mut c = client(&broker, &["t"]);
    for i in 0..100 {
        append(&mut *c, "t", i % 2, "k", Some(&i.to_string()));
    }
    commit(&mut *c);
    let from = Some(Position::Earliest);
    c.assign(&[(at("t", 0), from), (at("t", 1), from)]).unwrap();
    let mut values = [Vec::new(), Vec::new()];
    let mut ends = Vec::new();
    for turn in 0.. {
        let paused = at("t", turn % 2);
        c.pause(std::slice::from_ref(&paused)).unwrap();
        let (rows, ended) = poll(&mut *c, 7);
        assert!(rows.iter().all(|row| row.0 != paused.partition));
        for row in rows {
            values[row.0 as usize].push(row.3.unwrap());
        }
        ends.extend(ended);
        c.resume(&[paused]).unwrap();
        if ends.len() == 2 {
            break;
        }
    }
    for (partition, values) in values.iter().enumerate() {
        let expected: Vec<_> = (0..50).map(|i| (2 * i + partition).to_string()).collect();
        assert_eq!(*values, expected);
    }
}

#[test]
fn partitions_take_turns_by_the_batch() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 2, &[])]);
    let mut c = client(&broker, &["t"]);
    let large = "x".repeat(10_000);
    for _ in 0..70 {
        append(&mut *c, "t", 0, "k", Some(&large));
        append(&mut *c, "t", 1, "k", Some(&large));
    }
    commit(&mut *c);
    let from = Some(Position::Earliest);
    c.assign(&[(at("t", 0), from), (at("t", 1), from)]).unwrap();
    let (rows, _) = poll(&mut *c, 28);
    let turns: Vec<i32> = rows.iter().map(|row| row.0).collect();
    // A batch of 64 KiB takes seven of these.
    let expected: Vec<i32> = [[0; 7], [1; 7], [0; 7], [1; 7]].concat();
    assert_eq!(turns, expected);
}

#[test]
fn a_partition_that_stays_goes_on_where_it_was() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 2, &[])]);
    let mut c = client(&broker, &["t"]);
    for value in ["0", "1", "2"] {
        append(&mut *c, "t", 0, "k", Some(value));
    }
    commit(&mut *c);
    c.assign(&[(at("t", 0), Some(Position::Earliest))]).unwrap();
    assert_eq!(poll(&mut *c, 1).0, [row(0, 0, "k", "0")]);
    c.assign(&[(at("t", 1), Some(Position::Latest)), (at("t", 0), None)]).unwrap();
    assert_eq!(poll(&mut *c, 10).0, [row(0, 1, "k", "1"), row(0, 2, "k", "2")]);
    let e = c.assign(&[(at("t", 1), None), (at("t", 0), None)]);
    e.unwrap();
    c.assign(&[(at("t", 1), None)]).unwrap();
    assert!(c.assign(&[(at("t", 0), None)]).unwrap_err().to_string().contains("t-0"));
}

#[test]
fn a_waiting_poll_wakes_at_a_commit() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 1, &[])]);
    let mut reader = broker.reader().unwrap();
    reader.assign(&[(at("t", 0), Position::Latest)]).unwrap();
    let (mut rows, mut ends) = (Vec::new(), Vec::new());
    reader.poll(Duration::ZERO, 10, &mut |p| take(p, &mut rows, &mut ends)).unwrap();
    assert_eq!(ends, [0]);
    let writer = std::thread::spawn(move || {
        let mut c = client(&broker, &["t"]);
        append(&mut *c, "t", 0, "k", Some("v"));
        commit(&mut *c);
    });
    reader.poll(Duration::from_secs(60), 10, &mut |p| take(p, &mut rows, &mut ends)).unwrap();
    writer.join().unwrap();
    assert_eq!(rows, [row(0, 0, "k", "v")]);
}

#[test]
fn a_client_asks_for_a_commit_when_it_holds_much() {
    let dir = TempDir::new().unwrap();
    let broker = log_with(&dir, &[("t", 1, &[])]);
    let mut c = client(&broker, &["t"]);
    let large = "x".repeat(1 << 20);
    let mut appended = 0;
    while !c.wants_commit() {
        append(&mut *c, "t", 0, "k", Some(&large));
        appended += 1;
    }
    assert_eq!(appended, 16);
    commit(&mut *c);
    assert!(!c.wants_commit());
    assert_eq!(read(&broker, "t", 0, Position::Earliest).len(), 16);
}
