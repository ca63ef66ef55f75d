//! Bringing records into topics and reading topics as a whole, for programs around a topology.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use streams_core::partitioner::partition_of;
use streams_core::{Headers, RecordRef};

use crate::broker::{
    Append, Broker, Client, ClientOptions, Polled, Position, TopicPartition, WriterTopic,
};
use crate::error::{Error, Result};

/// Appends records to topics, partitioned by their keys as Kafka's default partitioner does.
pub struct Loader {
    client: Box<dyn Client>,
    writers: BTreeMap<String, (WriterTopic, i32)>,
}

impl Loader {
    /// A loader for a log; topics must exist.
    ///
    /// # Errors
    /// If no client can be opened.
    pub fn new(broker: &dyn Broker) -> Result<Self> {
        // A member of no group: it reads nothing, and only commits of offsets would join one.
        let application_id = format!("streams-loader-{}", std::process::id());
        let options =
            ClientOptions { application_id, worker: 0, topics: Vec::new(), transactional_id: None };
        let (client, _membership) = broker.client(&options)?;
        Ok(Self { client, writers: BTreeMap::new() })
    }

    /// The partition that a key of a topic belongs to.
    ///
    /// # Errors
    /// If the topic does not exist.
    pub fn partition(&mut self, topic: &str, key: &[u8]) -> Result<i32> {
        let (_, partitions) = self.writer(topic)?;
        Ok(partition_of(key, partitions))
    }

    fn writer(&mut self, topic: &str) -> Result<(WriterTopic, i32)> {
        if let Some(writer) = self.writers.get(topic) {
            return Ok(*writer);
        }
        let writer = self.client.writer(topic)?;
        self.writers.insert(topic.to_owned(), writer);
        Ok(writer)
    }

    /// Appends a record; it is durable after the next [`commit`](Self::commit), at the latest.
    ///
    /// # Errors
    /// If the topic does not exist or the log cannot be written.
    pub fn append(
        &mut self,
        topic: &str,
        key: &[u8],
        value: Option<&[u8]>,
        timestamp: i64,
    ) -> Result<()> {
        let (writer, partitions) = self.writer(topic)?;
        self.client.append(Append {
            topic: writer,
            partition: partition_of(key, partitions),
            timestamp,
            key: Some(key),
            value,
            headers: Headers::EMPTY,
        })?;
        if self.client.wants_commit() {
            self.commit()?;
        }
        Ok(())
    }

    /// Makes everything appended durable and visible.
    ///
    /// # Errors
    /// If the log cannot be written.
    pub fn commit(&mut self) -> Result<()> {
        let _ = self.client.commit(&[])?;
        Ok(())
    }
}

/// Records that [`read_topic`] takes at a time.
const READ: usize = 10_000;

/// Hands out every record of a topic, from its beginning to where it ends now, partition by
/// partition side by side; records of one partition come in order.
///
/// # Errors
/// If the topic does not exist or cannot be read.
pub fn read_topic(
    broker: &dyn Broker,
    topic: &str,
    mut each: impl FnMut(i32, RecordRef<'_>),
) -> Result<()> {
    let spec = broker.topics(&[topic])?.into_iter().flatten().next();
    let spec = spec.ok_or_else(|| Error::config(format!("there is no topic {topic}")))?;
    let name: Arc<str> = topic.into();
    let places: Vec<TopicPartition> = (0..spec.partitions)
        .map(|partition| TopicPartition { topic: Arc::clone(&name), partition })
        .collect();
    let ends = broker.end_offsets(&places)?;
    let beginnings = broker.beginning_offsets(&places)?;
    let mut left: BTreeMap<i32, i64> = BTreeMap::new();
    let mut positions = Vec::new();
    for ((place, end), beginning) in places.into_iter().zip(ends).zip(beginnings) {
        if end > beginning {
            left.insert(place.partition, end);
            positions.push((place, Position::Earliest));
        }
    }
    let mut reader = broker.reader()?;
    reader.assign(&positions)?;
    while !left.is_empty() {
        reader.poll(Duration::from_millis(100), READ, &mut |polled| match polled {
            Polled::Record { partition, record, .. } => {
                if let Some(end) = left.get(&partition).copied() {
                    if record.offset < end {
                        each(partition, record);
                    }
                    if record.offset + 1 >= end {
                        left.remove(&partition);
                    }
                }
            }
            // Before the end, if a transaction is open: its outcome is waited for.
            Polled::End { partition, offset, .. } => {
                if left.get(&partition).is_some_and(|end| offset >= *end) {
                    left.remove(&partition);
                }
            }
        })?;
    }
    Ok(())
}
