//! What a record costs in the embedded log: run with `--ignored --nocapture`, in release.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

use std::time::{Duration, Instant};

use streams_core::Headers;
use streams_runtime::broker::embedded::{EmbeddedBroker, EmbeddedConfig};
use streams_runtime::broker::{
    Append, Broker, ClientOptions, Polled, Position, TopicPartition, TopicSpec,
};

const RECORDS: usize = 1_000_000;
const PARTITIONS: i32 = 4;

/// Appends in commits of `a_commit` records, then reads all back; prints both per record.
fn measure(a_commit: usize, text: bool) {
    let dir = tempfile::tempdir().unwrap();
    let broker = EmbeddedBroker::open(EmbeddedConfig::new(dir.path())).unwrap();
    let spec =
        TopicSpec { name: "t".to_owned(), partitions: PARTITIONS, config: Default::default() };
    broker.create_topics(&[spec]).unwrap();
    let topics = vec!["t".to_owned()];
    let options = ClientOptions {
        application_id: "app".to_owned(),
        worker: 0,
        topics,
        transactional_id: None,
    };
    let mut client = broker.client(&options).unwrap().0;
    let (topic, _) = client.writer("t").unwrap();
    let values = values(text);
    let on_cpu_before = on_cpu_ns();
    let started = Instant::now();
    for i in 0..RECORDS {
        let at = i * 97 % (values.len() - 100);
        let key = (i as u64 * 7919 % 100_000).to_be_bytes();
        client
            .append(Append {
                topic,
                partition: i as i32 % PARTITIONS,
                timestamp: 1_700_000_000_000 + i as i64,
                key: Some(&key),
                value: values.get(at..at + 100),
                headers: Headers::EMPTY,
            })
            .unwrap();
        if (i + 1) % a_commit == 0 {
            let _ = client.commit(&[]).unwrap();
        }
    }
    let _ = client.commit(&[]).unwrap();
    let wrote = started.elapsed();
    let on_cpu = on_cpu_ns() - on_cpu_before;
    let from = |p| (TopicPartition { topic: "t".into(), partition: p }, Some(Position::Earliest));
    client.assign(&(0..PARTITIONS).map(from).collect::<Vec<_>>()).unwrap();
    let started = Instant::now();
    let (mut records, mut bytes) = (0, 0);
    while records < RECORDS {
        client
            .poll(Duration::from_secs(10), 1000, &mut |polled| {
                if let Polled::Record { record, .. } = polled {
                    records += 1;
                    bytes += record.value.map_or(0, <[u8]>::len);
                }
            })
            .unwrap();
    }
    let read = started.elapsed();
    assert_eq!(bytes, RECORDS * 100);
    println!(
        "commits of {a_commit}, text {text}: append and commit {} ns a record ({} of them on the \
         CPU), read {} ns",
        wrote.as_nanos() / RECORDS as u128,
        on_cpu / RECORDS as u64,
        read.as_nanos() / RECORDS as u128,
    );
}

/// Bytes that compress like text, or not at all.
fn values(text: bool) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let byte = (state >> 32) as u8;
        if text { b'a' + byte % 8 } else { byte }
    };
    std::iter::repeat_with(byte).take(1 << 20).collect()
}

/// Nanoseconds that this thread has run: the rest of the time it waited for RocksDB's threads.
fn on_cpu_ns() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse().unwrap()
}

#[test]
#[ignore = "a measurement"]
fn cost_of_a_record() {
    for (a_commit, text) in
        [(100_000, false), (100_000, true), (10_000, true), (1000, true), (100, true)]
    {
        measure(a_commit, text);
    }
}
