//! A worker in small, and what the tests need around it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use streams_core::Headers;
use streams_runtime::Result;
use streams_runtime::broker::kafka::{KafkaBroker, KafkaConfig};
use streams_runtime::broker::{
    Append, Broker, Client, ClientOptions, Commit, Polled, Position, TopicPartition, TopicSpec,
    WriterTopic,
};
use streams_runtime::group::{Membership, MembershipEvent};

/// Longer than anything here takes on a slow machine, a member that falls out (10 s) included.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) fn config() -> KafkaConfig {
    let servers = std::env::var("STREAMS_TEST_BOOTSTRAP").expect(
        "STREAMS_TEST_BOOTSTRAP must name a Kafka broker (host:port): `cargo xtask test` starts \
         one and runs these tests",
    );
    KafkaConfig::new(servers)
}

pub(crate) fn broker() -> KafkaBroker {
    KafkaBroker::new(config()).unwrap()
}

/// A name that no other test, and no earlier run, uses.
pub(crate) fn unique(name: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
    format!("{name}-{time}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn create(
    broker: &KafkaBroker,
    name: &str,
    partitions: i32,
    config: &[(&str, &str)],
) -> String {
    let name = unique(name);
    let config: BTreeMap<String, String> =
        config.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
    broker.create_topics(&[TopicSpec { name: name.clone(), partitions, config }]).unwrap();
    name
}

pub(crate) fn at(topic: &str, partition: i32) -> TopicPartition {
    TopicPartition { topic: topic.into(), partition }
}

pub(crate) fn record(topic: WriterTopic, partition: i32, value: &[u8]) -> Append<'_> {
    Append {
        topic,
        partition,
        timestamp: 1_000,
        key: Some(b"key"),
        value: Some(value),
        headers: Headers::EMPTY,
    }
}

/// Fills a partition with numbered records.
pub(crate) fn fill(broker: &KafkaBroker, topic: &str, partition: i32, numbers: Range<usize>) {
    let mut writer = Member::join(broker, &unique("writer"), &[]);
    let (handle, _) = writer.client.writer(topic).unwrap();
    for i in numbers {
        writer.client.append(record(handle, partition, i.to_string().as_bytes())).unwrap();
    }
    assert_eq!(writer.client.commit(&[]).unwrap(), Commit::Committed);
}

/// A record, kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) topic: usize,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) timestamp: i64,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
}

#[derive(Default)]
pub(crate) struct Log {
    pub(crate) records: Vec<Seen>,
    pub(crate) ends: Vec<(usize, i32)>,
}

impl Log {
    pub(crate) fn note(&mut self, polled: &Polled<'_>) {
        match polled {
            Polled::End { topic, partition, .. } => self.ends.push((*topic, *partition)),
            Polled::Record { topic, partition, record } => self.records.push(Seen {
                topic: *topic,
                partition: *partition,
                offset: record.offset,
                timestamp: record.timestamp,
                key: record.key.map(<[u8]>::to_vec),
                value: record.value.map(<[u8]>::to_vec),
                headers: record
                    .headers
                    .iter()
                    .map(|(n, v)| (n.to_owned(), v.map(<[u8]>::to_vec)))
                    .collect(),
            }),
        }
    }

    pub(crate) fn offsets(&self, partition: i32) -> Vec<i64> {
        self.records.iter().filter(|r| r.partition == partition).map(|r| r.offset).collect()
    }
}

/// Reacts to the group as a worker does, and notes what it reads.
pub(crate) struct Member {
    pub(crate) client: Box<dyn Client>,
    pub(crate) membership: Box<dyn Membership>,
    pub(crate) owned: Vec<TopicPartition>,
    pub(crate) log: Log,
    pub(crate) events: Vec<MembershipEvent>,
    /// Answers revocations itself.
    pub(crate) obedient: bool,
}

impl Member {
    pub(crate) fn join(broker: &KafkaBroker, group: &str, topics: &[&str]) -> Self {
        Self::join_as(broker, group, topics, None)
    }

    /// With a transactional id.
    pub(crate) fn join_as(
        broker: &KafkaBroker,
        group: &str,
        topics: &[&str],
        transactional_id: Option<&str>,
    ) -> Self {
        let options = ClientOptions {
            application_id: group.into(),
            worker: 0,
            topics: topics.iter().map(|t| (*t).to_owned()).collect(),
            transactional_id: transactional_id.map(str::to_owned),
        };
        let (client, membership) = broker.client(&options).unwrap();
        Self {
            client,
            membership,
            owned: Vec::new(),
            log: Log::default(),
            events: Vec::new(),
            obedient: true,
        }
    }

    pub(crate) fn step(&mut self) {
        self.step_for(Duration::from_millis(20), 1000).unwrap();
    }

    pub(crate) fn step_for(&mut self, timeout: Duration, max: usize) -> Result<()> {
        let log = &mut self.log;
        self.client.poll(timeout, max, &mut |polled| log.note(&polled))?;
        while let Some(event) = self.membership.event()? {
            match &event {
                MembershipEvent::Assigned(partitions) => {
                    let from: Vec<_> =
                        partitions.iter().map(|p| (p.clone(), Some(Position::Earliest))).collect();
                    self.owned.clone_from(partitions);
                    self.client.assign(&from)?;
                }
                MembershipEvent::Revoked(_) | MembershipEvent::Lost(_) if self.obedient => {
                    self.owned.clear();
                    self.membership.acknowledge_revoked()?;
                }
                _ => {}
            }
            self.events.push(event);
        }
        Ok(())
    }

    pub(crate) fn until(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> bool) {
        let start = Instant::now();
        while !done(self) {
            assert!(start.elapsed() < DEADLINE, "waited in vain: {what}");
            self.step();
        }
    }

    pub(crate) fn until_assigned(&mut self, count: usize) {
        self.until("assignment", |m| m.owned.len() == count);
    }

    pub(crate) fn append(&mut self, topic: &str, partition: i32, value: &[u8]) {
        let (writer, _) = self.client.writer(topic).unwrap();
        self.client.append(record(writer, partition, value)).unwrap();
    }
}
