//! Records on their way into the log: encoded as they come, kept until the commit.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::batch::{BATCH_BYTES, BatchBuilder, RECORD_BYTES};
use super::log::Log;
use super::topic::Topic;
use crate::broker::{Append, OffsetAndTime, TopicPartition, WriterTopic};
use crate::error::{Error, ErrorKind, Result};

/// A client that holds more than this for its next commit should commit soon. The log itself
/// sets no limit, since a commit must not be torn.
pub(super) const BUFFER_BYTES: usize = 16 << 20;

/// Emptied batches that a producer keeps for the next commit.
const SPARE_BATCHES: usize = 64;

/// The records for one partition since the last commit.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) topic: Arc<Topic>,
    pub(super) partition: u32,
    /// In order; only the last may be open or empty.
    pub(super) batches: Vec<BatchBuilder>,
}

impl Pending {
    pub(super) fn bytes(&self) -> usize {
        self.batches.iter().filter(|b| !b.is_empty()).map(BatchBuilder::len).sum()
    }
}

/// The writing half of a client.
pub(super) struct Producer {
    log: Arc<Log>,
    group: String,
    topics: Vec<Writer>,
    by_name: HashMap<Arc<str>, usize>,
    pending: Vec<Pending>,
    spare: Vec<BatchBuilder>,
    buffered: usize,
}

struct Writer {
    topic: Arc<Topic>,
    /// Index in `pending` of each partition that was written to.
    pending: Vec<Option<usize>>,
}

impl Producer {
    pub(super) fn new(log: Arc<Log>, group: String) -> Self {
        Self {
            log,
            group,
            topics: Vec::new(),
            by_name: HashMap::new(),
            pending: Vec::new(),
            spare: Vec::new(),
            buffered: 0,
        }
    }

    /// Bytes that wait for the commit.
    pub(super) fn buffered(&self) -> usize {
        self.buffered
    }

    pub(super) fn writer(&mut self, name: &str) -> Result<(WriterTopic, i32)> {
        let index = match self.by_name.get(name) {
            Some(index) => *index,
            None => {
                let topic = self.log.topic(name)?;
                self.by_name.insert(Arc::clone(&topic.name), self.topics.len());
                let pending = vec![None; topic.partitions.len()];
                self.topics.push(Writer { topic, pending });
                self.topics.len() - 1
            }
        };
        let partitions = self.topics.get(index).map_or(0, |w| w.topic.partition_count());
        Ok((WriterTopic(index), partitions))
    }

    #[inline]
    pub(super) fn append(&mut self, record: Append<'_>) -> Result<()> {
        let Some(writer) = self.topics.get_mut(record.topic.0) else {
            return Err(Error::config("append with a handle that another client gave"));
        };
        let slot = usize::try_from(record.partition).ok().and_then(|p| writer.pending.get(p));
        let pending = match slot {
            Some(Some(index)) => *index,
            _ => {
                let (partition, _) = writer.topic.partition(record.partition)?;
                let topic = Arc::clone(&writer.topic);
                self.pending.push(Pending { topic, partition, batches: Vec::new() });
                if let Some(slot) = writer.pending.get_mut(partition as usize) {
                    *slot = Some(self.pending.len() - 1);
                }
                self.pending.len() - 1
            }
        };
        let cleanup = &writer.topic.cleanup;
        check(&writer.topic, &record)?;
        let timestamp = if cleanup.append_time { now_ms() } else { record.timestamp };
        // The index was just taken or made.
        let Some(pending) = self.pending.get_mut(pending) else {
            return Ok(());
        };
        if pending.batches.last().is_none_or(BatchBuilder::is_full) {
            pending.batches.push(self.spare.pop().unwrap_or_else(BatchBuilder::new));
        }
        let Some(batch) = pending.batches.last_mut() else {
            return Ok(());
        };
        let before = batch.len();
        batch.append(batch.count(), timestamp, record.key, record.value, record.headers);
        self.buffered += batch.len() - before;
        Ok(())
    }

    pub(super) fn commit(&mut self, offsets: &[(TopicPartition, OffsetAndTime)]) -> Result<()> {
        let offsets = offsets.iter().map(|(place, offset)| self.log.position(place, *offset));
        let offsets = offsets.collect::<Result<Vec<_>>>()?;
        self.log.commit(&mut self.pending, &self.group, &offsets)?;
        self.abort();
        Ok(())
    }

    /// Forgets what was appended since the last commit.
    pub(super) fn abort(&mut self) {
        for pending in &mut self.pending {
            for mut batch in pending.batches.drain(..) {
                // A batch grown by one large record gives its memory back.
                if self.spare.len() < SPARE_BATCHES && batch.len() <= 2 * BATCH_BYTES {
                    batch.clear();
                    self.spare.push(batch);
                }
            }
        }
        self.buffered = 0;
    }
}

#[inline]
fn check(topic: &Topic, record: &Append<'_>) -> Result<()> {
    let size = record.key.map_or(0, <[u8]>::len)
        + record.value.map_or(0, <[u8]>::len)
        + record.headers.as_encoded().len();
    if size > RECORD_BYTES {
        return Err(Error::new(
            ErrorKind::Record,
            format!(
                "a record of {size} bytes for {}-{} is larger than the {RECORD_BYTES} that the \
                 embedded log takes",
                topic.name, record.partition
            ),
        ));
    }
    if topic.cleanup.compact && record.key.is_none() {
        return Err(Error::new(
            ErrorKind::Record,
            format!(
                "a record without a key for {}-{}: the topic is compacted, which needs keys",
                topic.name, record.partition
            ),
        ));
    }
    Ok(())
}

/// The wall clock, for `LogAppendTime` and retention.
pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
