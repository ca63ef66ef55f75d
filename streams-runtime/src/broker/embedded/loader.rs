//! Brings input into the log from outside of a topology.

use std::sync::Arc;

use super::log::Log;
use super::producer::{BUFFER_BYTES, Producer};
use crate::broker::{Append, WriterTopic};
use crate::error::Result;

/// A producer without a group, from [`EmbeddedBroker::loader`](super::EmbeddedBroker::loader).
///
/// For loading much: when its buffer is full it commits by itself, so its memory is bounded, and
/// records become visible before [`commit`](Self::commit). What was appended last is durable and
/// visible after it; what was not committed is gone when the loader is dropped.
pub struct Loader {
    producer: Producer,
}

impl Loader {
    pub(super) fn new(log: &Arc<Log>) -> Self {
        Self { producer: Producer::new(Arc::clone(log), String::new()) }
    }

    /// Prepares to write a topic that exists; gives its handle and number of partitions.
    ///
    /// # Errors
    /// If the topic does not exist.
    pub fn writer(&mut self, topic: &str) -> Result<(WriterTopic, i32)> {
        self.producer.writer(topic)
    }

    /// Appends one record; it is copied.
    ///
    /// # Errors
    /// If the record is refused (no such partition, too large, no key in a compacted topic), or
    /// the log cannot be written.
    pub fn append(&mut self, record: Append<'_>) -> Result<()> {
        self.producer.append(record)?;
        if self.producer.buffered() >= BUFFER_BYTES {
            self.producer.commit(&[])?;
        }
        Ok(())
    }

    /// Makes everything appended durable and visible.
    ///
    /// # Errors
    /// If the log cannot be written.
    pub fn commit(&mut self) -> Result<()> {
        self.producer.commit(&[])
    }
}
