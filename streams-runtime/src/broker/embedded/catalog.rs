//! Topics: found when the log is opened, created and deleted.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use rocksdb::{ReadOptions, WriteBatch};

use super::keys;
use super::log::Log;
use super::topic::Topic;
use super::wake::locked;
use crate::broker::{OffsetAndTime, TopicPartition, TopicSpec};
use crate::error::{Error, ErrorKind, Result};

impl Log {
    /// Reads the topics with the ends and starts of their partitions.
    pub(super) fn load_topics(&self) -> Result<BTreeMap<Arc<str>, Arc<Topic>>> {
        let mut topics = BTreeMap::new();
        let mut bounds = ReadOptions::default();
        bounds.set_iterate_range(rocksdb::PrefixRange(keys::TOPICS));
        let mut rows = self.db.raw_iterator_cf_opt(self.family(keys::META)?, bounds);
        rows.seek_to_first();
        while let Some((key, value)) = rows.item() {
            let name = key.strip_prefix(keys::TOPICS).unwrap_or(key);
            let topic = self.load_topic(&String::from_utf8_lossy(name), value)?;
            topics.insert(Arc::clone(&topic.name), Arc::new(topic));
            rows.next();
        }
        rows.status().map_err(|e| self.unreadable(e))?;
        Ok(topics)
    }

    fn load_topic(&self, name: &str, stored: &[u8]) -> Result<Topic> {
        let mut topic = Topic::decode(name, stored)?;
        for number in 0..topic.partitions.len() as u32 {
            let place = topic.at(number);
            let end = self.meta(&keys::end(topic.id, number))?;
            let start = self.meta(&keys::start(topic.id, number))?;
            let Some(partition) = topic.partitions.get_mut(number as usize) else {
                break;
            };
            let loaded = end.is_none_or(|b| partition.load_end(&b).is_some())
                && start.is_none_or(|b| partition.load_start(&b).is_some());
            if !loaded {
                let text = format!("the {} is damaged: the ends of {place}", self.describe());
                return Err(Error::new(ErrorKind::Fatal, text));
            }
        }
        Ok(topic)
    }

    fn meta(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.db.get_cf(self.family(keys::META)?, key).map_err(|e| self.unreadable(e))
    }

    /// Creates the topics that are missing.
    pub(super) fn create_topics(&self, specs: &[TopicSpec]) -> Result<()> {
        let meta = self.family(keys::META)?;
        let _one_at_a_time = locked(&self.commit);
        let stored = self.meta(keys::NEXT_TOPIC_ID)?;
        let mut next = match stored {
            None => 0,
            Some(bytes) => bytes.as_slice().try_into().map(u32::from_le_bytes).map_err(|_| {
                let text = format!("the {} is damaged: the next topic's number", self.describe());
                Error::new(ErrorKind::Fatal, text)
            })?,
        };
        let mut topics = self.topics.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut batch = WriteBatch::default();
        for spec in specs {
            if topics.contains_key(spec.name.as_str()) {
                continue;
            }
            let topic = Topic::create(next, spec)?;
            next += 1;
            batch.put_cf(meta, keys::topic(&spec.name), topic.encode()?);
            topics.insert(Arc::clone(&topic.name), Arc::new(topic));
        }
        if batch.is_empty() {
            return Ok(());
        }
        batch.put_cf(meta, keys::NEXT_TOPIC_ID, next.to_le_bytes());
        self.write(batch)?;
        *self.topics.write().unwrap_or_else(PoisonError::into_inner) = topics;
        Ok(())
    }

    /// Deletes topics with their records and all groups' offsets; those that read or write them
    /// get an error.
    pub(super) fn delete_topics(&self, names: &[&str]) -> Result<()> {
        let (log, meta) = (self.family(keys::LOG)?, self.family(keys::META)?);
        let _one_at_a_time = locked(&self.commit);
        let mut topics = self.topics.read().unwrap_or_else(PoisonError::into_inner).clone();
        let gone: Vec<_> = names.iter().filter_map(|name| topics.remove(*name)).collect();
        if gone.is_empty() {
            return Ok(());
        }
        // The cleaner must not write to a partition that is gone: it looks at the mark between two
        // writes, and takes no commit lock while it holds one of these.
        for topic in &gone {
            topic.deleted.store(true, Ordering::Release);
        }
        let upkeeps: Vec<_> =
            gone.iter().flat_map(|t| &t.partitions).map(|p| locked(&p.upkeep)).collect();
        let mut batch = WriteBatch::default();
        for topic in &gone {
            batch.delete_cf(meta, keys::topic(&topic.name));
            let (from, to) = keys::committed_range(topic.id);
            batch.delete_range_cf(meta, from, to);
            let count = topic.partitions.len() as u32;
            batch.delete_range_cf(
                log,
                keys::partition(topic.id, 0),
                keys::partition(topic.id, count),
            );
            for partition in 0..count {
                batch.delete_cf(meta, keys::end(topic.id, partition));
                batch.delete_cf(meta, keys::start(topic.id, partition));
            }
        }
        self.write(batch)?;
        drop(upkeeps);
        *self.topics.write().unwrap_or_else(PoisonError::into_inner) = topics;
        self.wake.notify();
        Ok(())
    }

    /// A group's committed offsets.
    pub(super) fn committed(
        &self,
        group: &str,
        partitions: &[TopicPartition],
    ) -> Result<Vec<Option<OffsetAndTime>>> {
        let read = |place: &TopicPartition| {
            let topic = self.topic(&place.topic)?;
            let (number, _) = topic.partition(place.partition)?;
            let stored = self.meta(&keys::committed(topic.id, number, group))?;
            stored
                .map(|bytes| match bytes.as_chunks() {
                    // Logs of before have no times.
                    ([offset], []) => Ok(i64::from_le_bytes(*offset).into()),
                    ([offset, time], []) => Ok(OffsetAndTime {
                        offset: i64::from_le_bytes(*offset),
                        time: i64::from_le_bytes(*time),
                    }),
                    _ => {
                        let text = format!(
                            "the {} is damaged: the offset of group {group} in {place}",
                            self.describe()
                        );
                        Err(Error::new(ErrorKind::Fatal, text))
                    }
                })
                .transpose()
        };
        partitions.iter().map(read).collect()
    }
}
