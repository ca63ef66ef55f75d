//! Compaction, as Kafka's log cleaner does it: keeps the last record of each key.
//!
//! A pass notes the last offset of every key in the part that was not compacted yet (as much as
//! its memory holds), then rewrites the batches before and in that part without the records that
//! have a later one. Offsets stay. A tombstone stays for `delete.retention.ms` after the first pass
//! that met it, so that a reader who began before sees it; the time is kept in the batch
//! (`delete horizon`), as in Kafka's batches of version 2.
//!
//! The rewriting goes in steps, each one RocksDB write. After any of them the partition is whole:
//! some dead records are gone and others are not yet.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use rocksdb::WriteBatch;
use streams_core::RecordRef;

use super::batch::{BATCH_BYTES, BatchBuilder, BatchHeader, NO_HORIZON};
use super::keys;
use super::log::Log;
use super::topic::{Partition, Topic};
use super::wake::locked;
use crate::error::Result;

/// Memory for the keys of a pass. If it is full the pass compacts up to there, and another follows.
const KEYS_BYTES: usize = 16 << 20;
/// What a key costs beside its bytes: its entry and its allocation.
const KEY_OVERHEAD: usize = 64;
/// Bytes of rewritten batches in one RocksDB write.
const STEP_BYTES: usize = 1 << 20;
/// Less than this is not worth a pass.
const DIRTY_BYTES: u64 = 256 << 10;

impl Log {
    /// Compacts a partition if enough of it is new. True if it did.
    pub(super) fn compact_if_dirty(&self, topic: &Topic, number: u32, now_ms: i64) -> Result<bool> {
        let (_, partition) = topic.partition(number as i32)?;
        let upkeep = *locked(&partition.upkeep);
        let written = partition.written.load(Ordering::Acquire);
        let size = written.saturating_sub(upkeep.deleted);
        let dirty = written.saturating_sub(upkeep.written_when_cleaned);
        if dirty < DIRTY_BYTES || (dirty as f64) < size as f64 * topic.cleanup.dirty_ratio {
            return Ok(false);
        }
        self.compact(topic, number, now_ms)?;
        Ok(true)
    }

    /// Compacts a partition up to its end. Kafka leaves the newest segment alone; there are no
    /// segments here.
    pub(super) fn compact(&self, topic: &Topic, number: u32, now_ms: i64) -> Result<()> {
        while !self.pass(topic, number, now_ms, KEYS_BYTES)? {}
        Ok(())
    }

    /// One pass; true if it reached the end of the partition, or what is too young.
    pub(super) fn pass(
        &self,
        topic: &Topic,
        number: u32,
        now_ms: i64,
        memory: usize,
    ) -> Result<bool> {
        let (_, partition) = topic.partition(number as i32)?;
        let mut upkeep = locked(&partition.upkeep);
        topic.must_exist()?;
        // In this order: what has been written up to the end is not less than this.
        let written = partition.written.load(Ordering::Acquire);
        let end = partition.end();
        let lag_ms = topic.cleanup.compaction_lag_ms;
        let young = (lag_ms > 0).then(|| now_ms.saturating_sub(lag_ms));
        let range = upkeep.cleaned_to..end;
        let last = self.last_offsets(topic, number, range, young, memory)?;
        let mut rewrite = Rewrite {
            log: self,
            topic,
            number,
            last: &last.by_key,
            now_ms,
            horizon_ms: now_ms.saturating_add(topic.cleanup.delete_retention_ms),
            batch: WriteBatch::default(),
            open: None,
            builder: BatchBuilder::new(),
            freed: 0,
        };
        self.each_batch(topic, number, 0, last.up_to, &mut |header, value| {
            rewrite.take(header, value)?;
            Ok(true)
        })?;
        rewrite.close();
        let mut changed = *upkeep;
        changed.deleted += rewrite.freed;
        changed.cleaned_to = last.up_to;
        if last.up_to == end {
            changed.written_when_cleaned = written;
        }
        let state = Partition::encode_start(partition.start(), &changed);
        let mut batch = rewrite.batch;
        batch.put_cf(self.family(keys::META)?, keys::start(topic.id, number), state);
        self.write(batch)?;
        *upkeep = changed;
        Ok(last.up_to == end || last.too_young)
    }

    /// The last offset of each key in the batches that start in a range of offsets, up to the first
    /// that has a record younger than `young`.
    fn last_offsets(
        &self,
        topic: &Topic,
        number: u32,
        range: std::ops::Range<i64>,
        young: Option<i64>,
        memory: usize,
    ) -> Result<LastOffsets> {
        let mut by_key: HashMap<Box<[u8]>, i64> = HashMap::new();
        let mut used = 0;
        let mut up_to = range.end;
        let mut too_young = false;
        self.each_batch(topic, number, range.start, range.end, &mut |header, value| {
            if let Some(young) = young {
                self.each_record(topic, number, header, value, &mut |record| {
                    too_young |= record.timestamp > young;
                })?;
            }
            if used >= memory || too_young {
                up_to = header.base_offset;
                return Ok(false);
            }
            self.each_record(topic, number, header, value, &mut |record| {
                let Some(key) = record.key else { return };
                match by_key.get_mut(key) {
                    Some(offset) => *offset = record.offset,
                    None => {
                        used += key.len() + KEY_OVERHEAD;
                        by_key.insert(key.into(), record.offset);
                    }
                }
            })?;
            Ok(true)
        })?;
        Ok(LastOffsets { by_key, up_to, too_young })
    }

    fn each_record(
        &self,
        topic: &Topic,
        number: u32,
        header: BatchHeader,
        value: &[u8],
        each: &mut dyn FnMut(RecordRef<'_>),
    ) -> Result<()> {
        let mut progress = header.begin();
        loop {
            match progress.next(value) {
                Ok(Some(record)) => each(record),
                Ok(None) => return Ok(()),
                Err(damage) => {
                    return Err(self.damaged(&topic.at(number), header.base_offset, damage));
                }
            }
        }
    }
}

struct LastOffsets {
    by_key: HashMap<Box<[u8]>, i64>,
    /// Batches before this offset were seen.
    up_to: i64,
    /// They end there since what follows is too young.
    too_young: bool,
}

/// The second half of a pass.
struct Rewrite<'a> {
    log: &'a Log,
    topic: &'a Topic,
    number: u32,
    last: &'a HashMap<Box<[u8]>, i64>,
    now_ms: i64,
    horizon_ms: i64,
    batch: WriteBatch,
    /// The batch that is being put together of what others leave.
    open: Option<Open>,
    builder: BatchBuilder,
    freed: u64,
}

/// The range of a batch in the making, and its delete horizon.
#[derive(Clone, Copy)]
struct Open {
    base_offset: i64,
    last_offset: i64,
    horizon: i64,
}

impl Rewrite<'_> {
    /// Takes the records that stay of a batch. Small batches are put together; a large one that
    /// loses nothing stays as it is.
    fn take(&mut self, header: BatchHeader, value: &[u8]) -> Result<()> {
        let survey = self.survey(header, value)?;
        let unchanged = survey.dropped == 0 && survey.horizon == header.horizon;
        if unchanged && value.len() >= BATCH_BYTES / 2 {
            self.close();
            return self.step();
        }
        let wide = |open: Open| header.last_offset - open.base_offset >= i64::from(u32::MAX);
        let roomy = self.builder.len() + value.len() <= 2 * BATCH_BYTES;
        if !roomy || self.open.is_some_and(wide) {
            self.close();
        }
        let family = self.log.family(keys::LOG)?;
        self.batch.delete_cf(family, keys::batch(self.topic.id, self.number, header.base_offset));
        self.freed += value.len() as u64;
        if survey.kept == 0 {
            return self.step();
        }
        let open = self.open.get_or_insert(Open {
            base_offset: header.base_offset,
            last_offset: header.last_offset,
            horizon: NO_HORIZON,
        });
        open.last_offset = header.last_offset;
        open.horizon = open.horizon.max(survey.horizon);
        let base = open.base_offset;
        let mut progress = header.begin();
        let (topic, number) = (self.topic, self.number);
        while let Some(r) = progress
            .next(value)
            .map_err(|d| self.log.damaged(&topic.at(number), header.base_offset, d))?
        {
            if self.stays(header, &r) {
                let delta = (r.offset - base) as u32;
                self.builder.append(delta, r.timestamp, r.key, r.value, r.headers);
            }
        }
        if self.builder.is_full() {
            self.close();
        }
        self.step()
    }

    /// Counts what stays and finds the delete horizon of it.
    fn survey(&self, header: BatchHeader, value: &[u8]) -> Result<Survey> {
        let mut survey = Survey { kept: 0, dropped: 0, horizon: NO_HORIZON };
        self.log.each_record(self.topic, self.number, header, value, &mut |record| {
            if !self.stays(header, &record) {
                survey.dropped += 1;
                return;
            }
            survey.kept += 1;
            if record.value.is_none() {
                survey.horizon = match header.horizon {
                    NO_HORIZON => self.horizon_ms,
                    known => known,
                };
            }
        })?;
        Ok(survey)
    }

    fn stays(&self, header: BatchHeader, record: &RecordRef<'_>) -> bool {
        let Some(key) = record.key else { return true };
        if self.last.get(key).is_some_and(|last| *last > record.offset) {
            return false;
        }
        record.value.is_some() || header.horizon == NO_HORIZON || self.now_ms <= header.horizon
    }

    /// Finishes the batch that is being put together.
    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        // `wide` has kept the range within u32.
        let last_delta = (open.last_offset - open.base_offset) as u32;
        let value = self.builder.finish(open.base_offset, last_delta, open.horizon);
        if let Ok(family) = self.log.family(keys::LOG) {
            let key = keys::batch(self.topic.id, self.number, open.base_offset);
            self.batch.put_cf(family, key, value);
        }
        self.freed = self.freed.saturating_sub(value.len() as u64);
        self.builder.clear();
    }

    /// Writes what has come together, if it is enough and nothing is open: the old batches must
    /// not go before the new one comes.
    fn step(&mut self) -> Result<()> {
        if self.open.is_none() && self.batch.size_in_bytes() >= STEP_BYTES {
            self.topic.must_exist()?;
            self.log.write(std::mem::take(&mut self.batch))?;
        }
        Ok(())
    }
}

struct Survey {
    kept: usize,
    dropped: usize,
    horizon: i64,
}
