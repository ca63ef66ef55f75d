//! When rows of event time expire, and the segments that they lie in on disk.
//!
//! A segment is a stretch of event time. Its number comes first in a row's key on disk, so that what
//! has expired goes in one piece, as in Kafka Streams. The time that a store has seen lies there, too, so
//! that the same has expired after a restart.

use super::row::append;
use super::{Backend, FlushBatch};
use crate::Result;

/// Kafka Streams' smallest segment, in milliseconds.
const MIN_SEGMENT_MS: i64 = 60_000;

/// The row with the time seen: no other is empty, and it is before all.
const OBSERVED: &[u8] = &[];

/// At or before the first row that is one of a key.
pub(super) const FIRST_ROW: &[u8] = &[0];

/// How far the time on disk may lie behind while the changelog is restored, in milliseconds: it is not
/// worth a row for every record.
const RESTORE_LAG_MS: i64 = 1_000;

/// Bytes of a segment's number in a key on disk.
pub(super) const SEGMENT_BYTES: usize = 8;

/// The time that a store has seen, and what has expired by it.
#[derive(Debug)]
pub(super) struct Expiry {
    retention_ms: i64,
    segment_ms: i64,
    /// Largest time seen; rows with `time <= observed - retention` have expired.
    observed: i64,
    /// The time on disk.
    observed_on_disk: i64,
    /// First segment that has not expired.
    first: i64,
    /// First and last segment that may have rows on disk.
    disk: Option<(i64, i64)>,
    /// Segments before this one have been deleted on disk.
    deleted: i64,
}

impl Expiry {
    /// Rows are kept for `retention_ms` of event time, at least 1.
    pub(super) fn new(retention_ms: i64) -> Self {
        let retention_ms = retention_ms.max(1);
        Self {
            retention_ms,
            segment_ms: (retention_ms / 2).max(MIN_SEGMENT_MS),
            observed: -1,
            observed_on_disk: -1,
            first: i64::MIN,
            disk: None,
            deleted: i64::MIN,
        }
    }

    /// Largest time seen, −1 before the first.
    pub(super) fn observed(&self) -> i64 {
        self.observed
    }

    /// True if Kafka Streams, where rows go by segments, still has those of this time after so long.
    pub(super) fn has_segment(&self, time: i64, retention_ms: i64) -> bool {
        let segment_ms = (retention_ms / 2).max(MIN_SEGMENT_MS);
        let first = self.observed.saturating_sub(retention_ms).div_euclid(segment_ms);
        time.div_euclid(segment_ms) >= first
    }

    /// Rows at or before this time have expired.
    pub(super) fn horizon(&self) -> i64 {
        match self.retention_ms {
            // For ever.
            i64::MAX => i64::MIN,
            retention_ms => self.observed.saturating_sub(retention_ms),
        }
    }

    /// True if a row of this time has expired.
    pub(super) fn is_expired(&self, time: i64) -> bool {
        time <= self.horizon()
    }

    /// The segment of a time.
    pub(super) fn segment(&self, time: i64) -> i64 {
        time.div_euclid(self.segment_ms)
    }

    /// First segment that has not expired.
    pub(super) fn first(&self) -> i64 {
        self.first
    }

    /// Event time goes on. True if segments have expired.
    pub(super) fn observe(&mut self, time: i64) -> bool {
        if time <= self.observed {
            return false;
        }
        self.observed = time;
        let first = self.segment(self.horizon().saturating_add(1));
        let expired = first > self.first;
        self.first = self.first.max(first);
        expired
    }

    /// A row of this segment comes on disk.
    pub(super) fn wrote(&mut self, segment: i64) {
        let (first, last) = self.disk.unwrap_or((segment, segment));
        self.disk = Some((first.min(segment), last.max(segment)));
    }

    /// The segments that have live rows on disk, ascending. A handful: a retention is two segments.
    pub(super) fn on_disk(&self) -> std::ops::RangeInclusive<i64> {
        match self.disk {
            Some((first, last)) => first.max(self.first)..=last,
            #[expect(clippy::reversed_empty_ranges, reason = "there are none")]
            None => 1..=0,
        }
    }

    /// Deletes what has expired on disk, and writes the time seen.
    pub(super) fn flush(&mut self, batch: &mut FlushBatch) -> Result<()> {
        if self.first > self.deleted && self.disk.is_some_and(|(first, _)| first < self.first) {
            batch.delete_range(&segment_key(self.deleted), &segment_key(self.first))?;
        }
        if self.observed > self.observed_on_disk {
            self.write_time(batch)?;
        }
        Ok(())
    }

    /// A row goes to disk from the changelog.
    pub(super) fn restored(&mut self, batch: &mut FlushBatch) -> Result<()> {
        if self.observed.saturating_sub(self.observed_on_disk) > RESTORE_LAG_MS {
            self.write_time(batch)?;
        }
        Ok(())
    }

    fn write_time(&mut self, batch: &mut FlushBatch) -> Result<()> {
        self.observed_on_disk = self.observed;
        let time = self.observed.to_be_bytes();
        batch.put(|out| append(out, OBSERVED), |out| append(out, &time))
    }

    /// What [`flush`](Self::flush) wrote is on disk.
    pub(super) fn flushed(&mut self) {
        self.deleted = self.first;
        self.disk = self.disk.filter(|(_, last)| *last >= self.first);
        self.disk = self.disk.map(|(first, last)| (first.max(self.first), last));
    }

    /// Reads the time seen from disk.
    pub(super) fn read_time(&mut self, disk: &dyn Backend) -> Result<()> {
        let mut time = None;
        disk.get(OBSERVED, &mut |bytes| {
            time = bytes.try_into().ok().map(i64::from_be_bytes);
            Ok(())
        })?;
        if let Some(time) = time {
            self.observed_on_disk = time;
            self.observe(time);
        }
        Ok(())
    }

    /// Reads the time seen, and which segments there are, from disk.
    pub(super) fn read(&mut self, disk: &dyn Backend) -> Result<()> {
        self.read_time(disk)?;
        for reverse in [false, true] {
            let mut found = None;
            disk.scan(FIRST_ROW, None, reverse, &mut |key, _| {
                found = read_segment(key);
                Ok(false)
            })?;
            if let Some(segment) = found {
                self.wrote(segment);
            }
        }
        Ok(())
    }
}

/// A segment's number as keys on disk begin with it: in the order of numbers, negative ones first.
pub(super) fn segment_key(segment: i64) -> [u8; SEGMENT_BYTES] {
    (segment.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

fn read_segment(key: &[u8]) -> Option<i64> {
    let bytes = key.first_chunk::<SEGMENT_BYTES>()?;
    Some((u64::from_be_bytes(*bytes) ^ (1 << 63)).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_sort_as_their_numbers() {
        let numbers = [i64::MIN, -2, -1, 0, 1, 7, i64::MAX];
        let keys = numbers.map(segment_key);
        assert!(keys.is_sorted());
        assert_eq!(keys.map(|k| read_segment(&k)), numbers.map(Some));
    }

    #[test]
    fn the_ends_of_time_are_times_like_others() {
        for retention_ms in [i64::MIN, 0, 1, 60_000, i64::MAX] {
            let mut expiry = Expiry::new(retention_ms);
            for time in [i64::MIN, -1, 0, 1, i64::MAX - 1, i64::MAX, 0] {
                expiry.observe(time);
                let _ = (expiry.is_expired(time), expiry.segment(time));
                expiry.wrote(expiry.segment(time));
            }
            assert!(!expiry.is_expired(i64::MAX));
            assert_eq!(expiry.is_expired(0), retention_ms < i64::MAX);
        }
    }
}
