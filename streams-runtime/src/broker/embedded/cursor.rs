//! A reading position in one partition, with the batches that lie ahead of it.

use std::sync::Arc;

use rocksdb::ReadOptions;

use super::batch::{BatchHeader, Damage, Progress};
use super::keys;
use super::log::Log;
use super::topic::Topic;
use crate::broker::{Polled, Position};
use crate::error::{Error, ErrorKind, ErrorName, Result};

/// Batches are read ahead up to this size, so that small ones (short commit intervals) share the
/// cost of a seek.
const READ_AHEAD_BYTES: usize = 256 << 10;

/// At the end of a partition its buffer is given back if it is larger than this.
const KEEP_BYTES: usize = 64 << 10;

const MISSING: Damage = Damage("is missing");

/// See the module.
pub(super) struct Cursor {
    /// What `Polled` calls the topic.
    pub(super) label: usize,
    pub(super) topic: Arc<Topic>,
    pub(super) number: u32,
    pub(super) paused: bool,
    /// The offset of the next record to hand out.
    position: i64,
    /// The end was reported and nothing was handed out since.
    ended: bool,
    ahead: Vec<u8>,
    /// The batches in `ahead`, of which those before `next` are read.
    batches: Vec<Fetched>,
    next: usize,
    current: Option<(Fetched, Progress)>,
}

/// Where a batch lies in the buffer.
#[derive(Clone, Copy)]
struct Fetched {
    from: usize,
    to: usize,
    header: BatchHeader,
}

/// What a visit brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visit {
    /// Paused, or at the end and it was said before.
    Nothing,
    /// Records or the end; the batch is finished, it is the next partition's turn.
    Turn,
    /// Records, up to the limit; the batch goes on.
    Full,
}

impl Cursor {
    pub(super) fn new(
        label: usize,
        topic: Arc<Topic>,
        number: i32,
        position: Position,
    ) -> Result<Self> {
        let (number, partition) = topic.partition(number)?;
        let (start, end) = (partition.start(), partition.end());
        let position = match position {
            Position::Earliest => start,
            Position::Latest => end,
            Position::Offset(offset) if (start..=end).contains(&offset) => offset,
            Position::Offset(offset) => {
                return Err(Error::new(
                    ErrorKind::Fatal,
                    format!(
                        "offset {offset} of {} is out of range: the partition has offsets {start} \
                         to {end}; reset the position to its beginning or end",
                        topic.at(number)
                    ),
                )
                .named(ErrorName::OffsetOutOfRange));
            }
        };
        Ok(Self {
            label,
            topic,
            number,
            paused: false,
            position,
            ended: false,
            ahead: Vec::new(),
            batches: Vec::new(),
            next: 0,
            current: None,
        })
    }

    /// Hands out the rest of the current batch, or the next, at most `left` records.
    pub(super) fn visit(
        &mut self,
        log: &Log,
        left: &mut usize,
        each: &mut dyn FnMut(Polled<'_>),
    ) -> Result<Visit> {
        if self.paused {
            return Ok(Visit::Nothing);
        }
        if self.current.is_none() && !self.advance(log)? {
            if self.ended {
                return Ok(Visit::Nothing);
            }
            self.ended = true;
            self.release();
            let (topic, partition) = (self.label, self.number as i32);
            each(Polled::End { topic, partition, offset: self.position });
            return Ok(Visit::Turn);
        }
        self.hand_out(log, left, each)
    }

    fn hand_out(
        &mut self,
        log: &Log,
        left: &mut usize,
        each: &mut dyn FnMut(Polled<'_>),
    ) -> Result<Visit> {
        let Some((fetched, progress)) = &mut self.current else {
            return Ok(Visit::Nothing);
        };
        let bytes = self.ahead.get(fetched.from..fetched.to).unwrap_or(&[]);
        let (topic, partition) = (self.label, self.number as i32);
        while *left > 0 {
            let next = progress.next(bytes).map_err(|damage| {
                log.damaged(&self.topic.at(self.number), fetched.header.base_offset, damage)
            })?;
            let Some(record) = next else {
                self.position = self.position.max(fetched.header.last_offset + 1);
                self.current = None;
                return Ok(Visit::Turn);
            };
            if record.offset < self.position {
                continue;
            }
            self.position = record.offset + 1;
            self.ended = false;
            *left -= 1;
            each(Polled::Record { topic, partition, record });
        }
        Ok(Visit::Full)
    }

    /// Goes to the next batch; false at the end of the partition.
    fn advance(&mut self, log: &Log) -> Result<bool> {
        loop {
            if let Some(fetched) = self.batches.get(self.next) {
                self.next += 1;
                self.current = Some((*fetched, fetched.header.begin()));
                return Ok(true);
            }
            self.topic.must_exist()?;
            let (_, partition) = self.topic.partition(self.number as i32)?;
            let (start, end) = (partition.start(), partition.end());
            if self.position < start {
                return Err(self.overtaken(start));
            }
            if self.position >= end {
                return Ok(false);
            }
            self.fetch(log, end)?;
            if self.batches.is_empty() {
                // Compaction has left nothing up to the end.
                self.position = end;
            }
        }
    }

    /// Reads the batches from the position on, not beyond `end`.
    fn fetch(&mut self, log: &Log, end: i64) -> Result<()> {
        self.ahead.clear();
        self.batches.clear();
        self.next = 0;
        let key = |offset| keys::batch(self.topic.id, self.number, offset);
        let mut bounds = ReadOptions::default();
        bounds.set_iterate_range(key(0).to_vec()..key(end).to_vec());
        bounds.fill_cache(false);
        // A batch has its own checksum, and where offsets have no gaps a missing one is noticed:
        // RocksDB's checksums, which cost more than all the rest of reading, are not needed there.
        let gaps = self.topic.cleanup.compact;
        bounds.set_verify_checksums(gaps);
        let mut rows = log.db.raw_iterator_cf_opt(log.family(keys::LOG)?, bounds);
        // The batch that has the position starts there, or earlier; an earlier one may also end
        // before it, where compaction has left a gap.
        rows.seek_for_prev(key(self.position));
        if !rows.valid() {
            rows.status().map_err(|e| log.unreadable(e))?;
            rows.seek(key(self.position));
        }
        let mut expected = self.position;
        while let Some((key, value)) = rows.item() {
            let base_offset = keys::base_offset(key).unwrap_or(-1);
            let header = BatchHeader::check(value, base_offset)
                .map_err(|damage| log.damaged(&self.topic.at(self.number), base_offset, damage))?;
            if header.last_offset >= self.position {
                if base_offset > expected && !gaps {
                    // What comes before it is handed out first.
                    break;
                }
                expected = header.last_offset + 1;
                let from = self.ahead.len();
                self.ahead.extend_from_slice(value);
                self.batches.push(Fetched { from, to: self.ahead.len(), header });
                if self.ahead.len() >= READ_AHEAD_BYTES {
                    break;
                }
            }
            rows.next();
        }
        rows.status().map_err(|e| log.unreadable(e))?;
        if self.batches.is_empty() && !gaps {
            // Retention may have come between the look at the start and the reading.
            let start = self.topic.partition(self.number as i32)?.1.start();
            if self.position < start {
                return Err(self.overtaken(start));
            }
            return Err(log.damaged(&self.topic.at(self.number), self.position, MISSING));
        }
        Ok(())
    }

    /// Records were deleted that were still to be read.
    fn overtaken(&self, start: i64) -> Error {
        let text = format!(
            "the records of {} from offset {} on were deleted (it starts at {start}) before they \
             were read: let its retention be longer than the reader's lag, and reset the position \
             to the beginning",
            self.topic.at(self.number),
            self.position
        );
        Error::new(ErrorKind::Fatal, text).named(ErrorName::OffsetOutOfRange)
    }

    fn release(&mut self) {
        if self.ahead.capacity() > KEEP_BYTES {
            self.ahead = Vec::new();
            self.batches = Vec::new();
            self.next = 0;
        }
    }
}
