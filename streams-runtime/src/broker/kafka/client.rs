//! A worker's [`Client`]: its consumer, its producer, its place in the group.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::admin::Admin;
use super::config::KafkaConfig;
use super::consumer::Consumer;
use super::failure::{absent, error, fenced, transient};
use super::ffi::{Code, Failure, Handle, Kind, List, OffsetSpec};
use super::producer::Producer;
use crate::broker::{
    Append, Client, ClientOptions, Commit, Polled, Position, TopicPartition, WriterTopic,
};
use crate::error::{Error, ErrorKind, Result};
use crate::group::{Librdkafka, Membership};

/// How soon to commit again while the group's coordinator is moving.
const COMMIT_AGAIN: Duration = Duration::from_millis(20);

pub(super) struct KafkaClient {
    consumer: Consumer,
    producer: Producer,
    handle: Arc<Handle>,
    admin: Arc<Admin>,
    commit_timeout: Duration,
}

/// Opens a client and joins the group.
pub(super) fn open(
    config: &KafkaConfig,
    admin: &Arc<Admin>,
    options: &ClientOptions,
) -> Result<(Box<dyn Client>, Box<dyn Membership>)> {
    let client_id = format!("{}-{}", options.application_id, options.worker);
    let start = |kind, identity: &[(&str, &str)]| {
        config
            .conf(kind, identity)?
            .start(kind)
            .map_err(|text| Error::config(format!("Kafka configuration: {text}")))
    };
    let handle =
        start(Kind::Consumer, &[("client.id", &client_id), ("group.id", &options.application_id)])?;
    if !options.topics.is_empty() {
        let any_partition = -1;
        let topics = List::new(options.topics.iter().map(|t| (t.as_str(), any_partition, 0)))?;
        handle
            .subscribe(&topics)
            .map_err(|f| error(&format!("subscribing to {}", options.topics.join(", ")), &f))?;
    }
    let producer = start(Kind::Producer, &[("client.id", &client_id)])?;
    let membership = Librdkafka::new(Arc::clone(&handle), config.leave_timeout);
    let client = KafkaClient {
        consumer: Consumer::new(
            Arc::clone(&handle),
            options.topics.clone(),
            Arc::clone(admin),
            config.request_timeout,
        ),
        producer: Producer::new(producer, config.delivery_timeout),
        handle,
        admin: Arc::clone(admin),
        commit_timeout: config.commit_timeout,
    };
    Ok((Box::new(client), Box::new(membership)))
}

impl Client for KafkaClient {
    fn assign(&mut self, partitions: &[(TopicPartition, Option<Position>)]) -> Result<()> {
        self.consumer.assign(partitions)
    }

    fn pause(&mut self, partitions: &[TopicPartition]) -> Result<()> {
        self.consumer.pause(partitions)
    }

    fn resume(&mut self, partitions: &[TopicPartition]) -> Result<()> {
        self.consumer.resume(partitions)
    }

    fn poll(
        &mut self,
        timeout: Duration,
        max: usize,
        each: &mut dyn FnMut(Polled<'_>),
    ) -> Result<()> {
        self.consumer.poll(timeout, max, each)
    }

    fn writer(&mut self, topic: &str) -> Result<(WriterTopic, i32)> {
        let found = self.admin.topics(&[topic])?;
        let Some(Some(spec)) = found.first() else {
            return Err(Error::new(
                ErrorKind::Fatal,
                format!("topic {topic} does not exist: create it before it is written"),
            ));
        };
        Ok((self.producer.topic(topic)?, spec.partitions))
    }

    fn append(&mut self, record: Append<'_>) -> Result<()> {
        self.producer.append(record)
    }

    fn commit(&mut self, offsets: &[(TopicPartition, i64)]) -> Result<Commit> {
        let deadline = Instant::now() + self.commit_timeout;
        self.producer.flush(deadline)?;
        if offsets.is_empty() {
            return Ok(Commit::Committed);
        }
        let list = List::new(offsets.iter().map(|(p, o)| (&*p.topic, p.partition, *o)))?;
        loop {
            // librdkafka commits in the name of the member that it is by then, and in nobody's
            // while it is out of the group, which an empty group accepts.
            if !self.handle.is_member() {
                return Ok(Commit::Fenced);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let failure = match self.handle.commit(&list, left) {
                None => Code::TIMED_OUT.into(),
                Some(Err(failure)) => failure,
                Some(Ok(entries)) => match entries.iter().find(|e| e.code != Code::NONE) {
                    None => return Ok(Commit::Committed),
                    Some(entry) => Failure::new(
                        entry.code,
                        format!("{}-{}: {}", entry.topic, entry.partition, entry.code),
                    ),
                },
            };
            if fenced(failure.code) {
                return Ok(Commit::Fenced);
            }
            let again = transient(failure.code) || absent(failure.code);
            if !again || Instant::now() >= deadline {
                return Err(error("committing offsets", &failure));
            }
            std::thread::sleep(COMMIT_AGAIN.min(left));
        }
    }

    fn abort(&mut self) -> Result<()> {
        // What was appended is written, or will be: at least once.
        Ok(())
    }

    fn end_offsets(&mut self, partitions: &[TopicPartition]) -> Result<Vec<i64>> {
        self.admin.offsets(partitions, OffsetSpec::Latest)
    }
}
