//! Deletes the oldest records of a partition: by age, by size, or because they were asked to go.

use std::sync::atomic::Ordering;

use rocksdb::{ReadOptions, WriteBatch};

use super::batch::BatchHeader;
use super::keys;
use super::log::Log;
use super::topic::{Partition, Topic, Upkeep};
use super::wake::locked;
use crate::error::{Error, Result};

impl Log {
    /// Applies `retention.ms` and `retention.bytes` to a partition. As Kafka does with segments,
    /// whole batches go, oldest first, up to the first that is to stay. True if some went.
    pub(super) fn retain(&self, topic: &Topic, number: u32, now_ms: i64) -> Result<bool> {
        let cleanup = &topic.cleanup;
        if cleanup.retention_ms.is_none() && cleanup.retention_bytes.is_none() {
            return Ok(false);
        }
        let (_, partition) = topic.partition(number as i32)?;
        let mut upkeep = locked(&partition.upkeep);
        topic.must_exist()?;
        let (start, end) = (partition.start(), partition.end());
        let size = partition.written.load(Ordering::Acquire).saturating_sub(upkeep.deleted);
        let mut excess = size.saturating_sub(cleanup.retention_bytes.unwrap_or(u64::MAX));
        let now_ms = match cleanup.compact {
            true => now_ms.min(self.newest(topic, number, end, &mut upkeep)?),
            false => now_ms,
        };
        let oldest = cleanup.retention_ms.map_or(i64::MIN, |ms| now_ms.saturating_sub(ms));
        let mut keep_from = start;
        let mut freed = 0;
        self.each_batch(topic, number, 0, end, &mut |header, value| {
            // By size, a batch goes only if what remains is still enough.
            let expired = header.max_timestamp < oldest;
            if !expired && excess < value.len() as u64 {
                return Ok(false);
            }
            excess = excess.saturating_sub(value.len() as u64);
            freed += value.len() as u64;
            keep_from = header.last_offset + 1;
            Ok(true)
        })?;
        if keep_from <= start {
            return Ok(false);
        }
        let deleted = upkeep.deleted + freed;
        self.cut(topic, number, partition, keep_from, &mut upkeep, deleted)?;
        Ok(true)
    }

    /// The largest timestamp in a partition: the time by which the rows of a compacted topic age.
    fn newest(&self, topic: &Topic, number: u32, end: i64, upkeep: &mut Upkeep) -> Result<i64> {
        let mut newest = upkeep.newest.unwrap_or(i64::MIN);
        self.each_batch(topic, number, upkeep.newest_to, end, &mut |header, _| {
            newest = newest.max(header.max_timestamp);
            Ok(true)
        })?;
        upkeep.newest = Some(newest);
        upkeep.newest_to = end;
        Ok(newest)
    }

    /// Deletes the records before an offset.
    pub(super) fn delete_records(&self, topic: &Topic, number: i32, before: i64) -> Result<()> {
        let (number, partition) = topic.partition(number)?;
        let mut upkeep = locked(&partition.upkeep);
        topic.must_exist()?;
        let (start, end) = (partition.start(), partition.end());
        if before > end {
            return Err(Error::config(format!(
                "records of {} cannot be deleted up to offset {before}: the partition ends at {end}",
                topic.at(number)
            )));
        }
        if before <= start {
            return Ok(());
        }
        let mut freed = 0;
        if topic.cleanup.needs_sizes() {
            self.each_batch(topic, number, 0, before, &mut |header, value| {
                if header.last_offset < before {
                    freed += value.len() as u64;
                }
                Ok(true)
            })?;
        }
        let deleted = upkeep.deleted + freed;
        self.cut(topic, number, partition, before, &mut upkeep, deleted)
    }

    /// Moves the start of a partition to `start` and deletes the batches that end before it.
    fn cut(
        &self,
        topic: &Topic,
        number: u32,
        partition: &Partition,
        start: i64,
        upkeep: &mut Upkeep,
        deleted: u64,
    ) -> Result<()> {
        let mut changed = *upkeep;
        changed.deleted = deleted;
        changed.cleaned_to = changed.cleaned_to.max(start);
        // The last batch that starts before the new start may reach over it, and then stays.
        let first = keys::batch(topic.id, number, 0);
        let to = keys::batch(topic.id, number, start);
        let mut bounds = ReadOptions::default();
        bounds.set_iterate_range(first.to_vec()..to.to_vec());
        let log = self.family(keys::LOG)?;
        let mut rows = self.db.raw_iterator_cf_opt(log, bounds);
        rows.seek_to_last();
        let keep_from = match rows.item() {
            Some((key, value)) => {
                let base_offset = keys::base_offset(key).unwrap_or(start);
                // A damaged batch does not reach anywhere: deleting is the way to be rid of it.
                let reaches = BatchHeader::peek(value).is_ok_and(|h| h.last_offset >= start);
                if reaches { base_offset } else { start }
            }
            None => start,
        };
        // From the first batch there is, not from offset 0: RocksDB is slow with range deletions
        // that lie on one another.
        rows.seek_to_first();
        let first = rows.key().map(<[u8]>::to_vec);
        rows.status().map_err(|e| self.unreadable(e))?;
        drop(rows);
        let mut batch = WriteBatch::default();
        if let Some(first) = first {
            batch.delete_range_cf(log, &first[..], &keys::batch(topic.id, number, keep_from)[..]);
        }
        let state = Partition::encode_start(start, &changed);
        batch.put_cf(self.family(keys::META)?, keys::start(topic.id, number), state);
        // Readers get an error, rather than a gap, from here on.
        partition.start.store(start, Ordering::Release);
        self.write(batch)?;
        *upkeep = changed;
        Ok(())
    }

    /// Calls `each` with the batches that start in `from..to`, checked, until it returns false.
    pub(super) fn each_batch(
        &self,
        topic: &Topic,
        number: u32,
        from: i64,
        to: i64,
        each: &mut dyn FnMut(BatchHeader, &[u8]) -> Result<bool>,
    ) -> Result<()> {
        let key = |offset| keys::batch(topic.id, number, offset).to_vec();
        let mut bounds = ReadOptions::default();
        bounds.set_iterate_range(key(from)..key(to));
        bounds.fill_cache(false);
        let mut rows = self.db.raw_iterator_cf_opt(self.family(keys::LOG)?, bounds);
        rows.seek_to_first();
        while let Some((key, value)) = rows.item() {
            let base_offset = keys::base_offset(key).unwrap_or(-1);
            let header = BatchHeader::check(value, base_offset)
                .map_err(|damage| self.damaged(&topic.at(number), base_offset, damage))?;
            if !each(header, value)? {
                return Ok(());
            }
            rows.next();
        }
        rows.status().map_err(|e| self.unreadable(e))
    }
}
