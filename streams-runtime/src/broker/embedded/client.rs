//! A worker's client, and the reader outside of any group.

use std::sync::Arc;
use std::time::Duration;

use super::consumer::Consumer;
use super::cursor::Cursor;
use super::log::Log;
use super::producer::{BUFFER_BYTES, Producer};
use crate::broker::{
    Append, Client, ClientOptions, Commit, LogReader, OffsetAndTime, Polled, Position,
    TopicPartition, WriterTopic,
};
use crate::crash::{self, CrashPoint};
use crate::error::{Error, Result};

/// A worker's consumer and producer on the embedded log.
pub(super) struct EmbeddedClient {
    consumer: Consumer,
    producer: Producer,
    topics: Vec<String>,
}

impl EmbeddedClient {
    pub(super) fn new(log: &Arc<Log>, options: &ClientOptions) -> Self {
        Self {
            consumer: Consumer::new(Arc::clone(log)),
            producer: Producer::new(Arc::clone(log), options.application_id.clone()),
            topics: options.topics.clone(),
        }
    }

    fn cursor(&mut self, place: &TopicPartition, position: Option<Position>) -> Result<Cursor> {
        let Some(position) = position else {
            return self.consumer.take(place).ok_or_else(|| {
                Error::config(format!("{place} was not assigned before, and gets no position"))
            });
        };
        let label = self.topics.iter().position(|t| **t == *place.topic).ok_or_else(|| {
            Error::config(format!("{place} is not of a topic that this client reads"))
        })?;
        let topic = self.consumer.log().topic(&place.topic)?;
        Cursor::new(label, topic, place.partition, position)
    }
}

impl Client for EmbeddedClient {
    fn assign(&mut self, partitions: &[(TopicPartition, Option<Position>)]) -> Result<()> {
        let mut cursors = Vec::with_capacity(partitions.len());
        for (place, position) in partitions {
            cursors.push(self.cursor(place, *position)?);
        }
        self.consumer.replace(cursors);
        Ok(())
    }

    fn pause(&mut self, partitions: &[TopicPartition]) -> Result<()> {
        self.consumer.set_paused(partitions, true)
    }

    fn resume(&mut self, partitions: &[TopicPartition]) -> Result<()> {
        self.consumer.set_paused(partitions, false)
    }

    fn poll(
        &mut self,
        timeout: Duration,
        max: usize,
        each: &mut dyn FnMut(Polled<'_>),
    ) -> Result<()> {
        self.consumer.poll(timeout, max, each)
    }

    fn known_end(&self, place: &TopicPartition) -> Option<i64> {
        self.consumer.log().end_offsets(std::slice::from_ref(place)).ok()?.first().copied()
    }

    fn waker(&self) -> Arc<dyn Fn() + Send + Sync> {
        self.consumer.waker()
    }

    fn writer(&mut self, topic: &str) -> Result<(WriterTopic, i32)> {
        self.producer.writer(topic)
    }

    fn append(&mut self, record: Append<'_>) -> Result<()> {
        self.producer.append(record)
    }

    fn wants_commit(&self) -> bool {
        self.producer.buffered() >= BUFFER_BYTES
    }

    fn commit_with_ends(
        &mut self,
        offsets: &[(TopicPartition, OffsetAndTime)],
        ends_of: &[TopicPartition],
    ) -> Result<(Commit, Vec<i64>)> {
        for point in [CrashPoint::BeforeFlush, CrashPoint::BeforeOffsets, CrashPoint::BeforeCommit]
        {
            crash::at(point);
        }
        self.producer.commit(offsets)?;
        // Nobody else writes to them.
        Ok((Commit::Committed, self.consumer.log().end_offsets(ends_of)?))
    }

    fn abort(&mut self) -> Result<()> {
        self.producer.abort();
        Ok(())
    }
}

/// Reads partitions without a group.
pub(super) struct EmbeddedReader {
    consumer: Consumer,
}

impl EmbeddedReader {
    pub(super) fn new(log: &Arc<Log>) -> Self {
        Self { consumer: Consumer::new(Arc::clone(log)) }
    }
}

impl LogReader for EmbeddedReader {
    fn assign(&mut self, partitions: &[(TopicPartition, Position)]) -> Result<()> {
        let cursor = |(label, (place, position)): (usize, &(TopicPartition, Position))| {
            let topic = self.consumer.log().topic(&place.topic)?;
            Cursor::new(label, topic, place.partition, *position)
        };
        let cursors = partitions.iter().enumerate().map(cursor).collect::<Result<Vec<_>>>()?;
        self.consumer.replace(cursors);
        Ok(())
    }

    fn poll(
        &mut self,
        timeout: Duration,
        max: usize,
        each: &mut dyn FnMut(Polled<'_>),
    ) -> Result<()> {
        self.consumer.poll(timeout, max, each)
    }
}

impl Log {
    /// The published ends of partitions.
    pub(super) fn end_offsets(&self, partitions: &[TopicPartition]) -> Result<Vec<i64>> {
        let end = |place: &TopicPartition| {
            let topic = self.topic(&place.topic)?;
            Ok(topic.partition(place.partition)?.1.end())
        };
        partitions.iter().map(end).collect()
    }

    /// The starts of partitions.
    pub(super) fn beginning_offsets(&self, partitions: &[TopicPartition]) -> Result<Vec<i64>> {
        let start = |place: &TopicPartition| {
            let topic = self.topic(&place.topic)?;
            Ok(topic.partition(place.partition)?.1.start())
        };
        partitions.iter().map(start).collect()
    }
}
