//! The offset that belongs to a time.

use rocksdb::ReadOptions;

use super::batch::BatchHeader;
use super::keys;
use super::log::Log;
use super::topic::Topic;
use crate::error::Result;

impl Log {
    /// The offset of the first record that is not older than `timestamp`, or the end. Of batches
    /// that are older as a whole only the header is looked at.
    pub(super) fn offset_at(&self, topic: &Topic, partition: i32, timestamp: i64) -> Result<i64> {
        let (number, partition) = topic.partition(partition)?;
        let (start, end) = (partition.start(), partition.end());
        let key = |offset| keys::batch(topic.id, number, offset);
        let mut bounds = ReadOptions::default();
        bounds.set_iterate_range(key(0).to_vec()..key(end).to_vec());
        bounds.fill_cache(false);
        let mut rows = self.db.raw_iterator_cf_opt(self.family(keys::LOG)?, bounds);
        rows.seek_to_first();
        while let Some((key, bytes)) = rows.item() {
            let base_offset = keys::base_offset(key).unwrap_or(-1);
            let damaged = |damage| self.damaged(&topic.at(number), base_offset, damage);
            let header = BatchHeader::peek(bytes).map_err(damaged)?;
            if header.max_timestamp >= timestamp && header.last_offset >= start {
                BatchHeader::check(bytes, base_offset).map_err(damaged)?;
                let mut progress = header.begin();
                while let Some(record) = progress.next(bytes).map_err(damaged)? {
                    if record.timestamp >= timestamp && record.offset >= start {
                        return Ok(record.offset);
                    }
                }
            }
            rows.next();
        }
        rows.status().map_err(|e| self.unreadable(e))?;
        Ok(end)
    }
}
