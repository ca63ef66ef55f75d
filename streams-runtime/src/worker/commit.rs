//! Commits: what was written, and how far was read; then, now and then, the state to disk.

use std::time::{Duration, Instant};

use streams_core::store::FlushBatch;

use super::Worker;
use super::running::TaskChangelog;
use crate::broker::{Commit, TopicPartition};
use crate::error::{Error, ErrorKind, Result};

/// Kafka Streams' `repartition.purge.interval.ms`.
const PURGE_INTERVAL: Duration = Duration::from_secs(30);

impl Worker<'_> {
    pub(super) fn has_uncommitted(&self) -> bool {
        self.tasks.iter().any(|t| t.is_active() && !t.moved().is_empty())
    }

    pub(super) fn commit_if_due(&mut self, now: Instant, idle: bool) -> Result<()> {
        let interval = Duration::from_millis(self.shared.config.commit_interval_ms());
        let due = now.duration_since(self.committed_at) >= interval;
        let hurry = idle && self.shared.hurried() && self.has_uncommitted();
        if due || hurry || self.client.wants_commit() || self.too_much_memory() {
            self.commit(false)?;
        }
        Ok(())
    }

    /// This worker's share of the memory for rows.
    fn memory_budget(&self) -> usize {
        self.shared.config.state_cache_max_bytes / self.shared.config.threads.max(1)
    }

    fn memory(&mut self) -> usize {
        self.tasks.iter_mut().map(|t| t.task.memory()).sum()
    }

    /// What could not be given back the last time (stores that are in memory only) does not count
    /// again until it has grown by a quarter.
    fn too_much_memory(&mut self) -> bool {
        let kept = self.memory_kept.saturating_add(self.memory_kept / 4);
        self.memory() > self.memory_budget().max(kept)
    }

    /// Commits; then writes the state to disk if it is time, or `flush` says so.
    pub(super) fn commit(&mut self, flush: bool) -> Result<()> {
        let started = Instant::now();
        self.committed_at = started;
        let mut offsets: Vec<(TopicPartition, i64)> = Vec::new();
        for running in self.tasks.iter_mut().filter(|t| t.is_active()) {
            let moved = running.moved();
            if moved.is_empty() {
                continue;
            }
            running.task.prepare_commit()?;
            for (input, offset) in moved {
                if let Some(place) = running.inputs.get(input) {
                    offsets.push((place.clone(), offset));
                }
            }
        }
        self.drain()?;
        if !offsets.is_empty() {
            match self.client.commit(&offsets)? {
                Commit::Committed => self.committed(&offsets),
                // The group is about to say what has become of the tasks. Their records are
                // durable, their offsets are sent again with the next commit of those that stay.
                Commit::Fenced => return Ok(()),
            }
            let state = self.memory() as u64;
            self.shared.counters.committed(started.elapsed(), self.state_told, state);
            self.state_told = state;
            self.tell();
        }
        self.flush_if_due(flush)?;
        self.purge_if_due();
        Ok(())
    }

    fn committed(&mut self, offsets: &[(TopicPartition, i64)]) {
        for running in &mut self.tasks {
            for (place, committed) in running.inputs.iter().zip(&mut running.committed) {
                if let Some((_, offset)) = offsets.iter().find(|(p, _)| p == place) {
                    *committed = Some(*offset);
                    running.unflushed = true;
                }
            }
        }
    }

    /// Only here, right after a commit, are the rows in memory those of the committed offsets.
    fn flush_if_due(&mut self, now: bool) -> Result<()> {
        let interval = Duration::from_millis(self.shared.config.flush_interval_ms);
        let over = self.too_much_memory();
        if now || over || self.flushed_at.elapsed() >= interval {
            self.flush()?;
        }
        if over {
            let budget = self.memory_budget();
            // Some room, so that the next record does not bring the next flush.
            let target = budget as u128 / 4 * 3;
            let total = self.memory().max(1) as u128;
            for running in &mut self.tasks {
                let share = running.task.memory() as u128 * target / total;
                running.task.shrink(share as usize);
            }
            self.memory_kept = self.memory();
        }
        Ok(())
    }

    /// Writes the state of all tasks to disk, with the ends of their changelogs, of which each
    /// task is the only writer.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.flushed_at = Instant::now();
        let mut positions = Vec::new();
        for running in self.tasks.iter().filter(|t| t.owes_flush()) {
            let end = |c: &TaskChangelog| c.base + self.writers.chosen(c.index, c.place.partition);
            positions.extend(running.on_disk().map(|c| (c.place.clone(), end(c))));
        }
        self.must_be_the_only_writer(&positions)?;
        let mut positions = positions.into_iter();
        let mut batch = FlushBatch::new();
        for running in self.tasks.iter_mut().filter(|t| t.owes_flush()) {
            let count = running.on_disk().count();
            let own: Vec<_> = positions.by_ref().take(count).collect();
            running.flush(&mut batch, &own)?;
        }
        Ok(())
    }

    /// Changelogs must end where this worker's own records end. If they do not, it has lost its
    /// tasks without knowing (it was stopped for longer than its session), and what it has in
    /// memory must not go to disk as the state at an end that another member has written.
    fn must_be_the_only_writer(&mut self, expected: &[(TopicPartition, i64)]) -> Result<()> {
        if expected.is_empty() {
            return Ok(());
        }
        let places: Vec<TopicPartition> = expected.iter().map(|(place, _)| place.clone()).collect();
        let ends = self.client.end_offsets(&places)?;
        match expected.iter().zip(ends).find(|((_, expected), end)| expected != end) {
            None => Ok(()),
            Some(((place, expected), end)) => Err(Error::new(
                ErrorKind::Rejoin,
                format!(
                    "changelog {place} ends at {end} and not at {expected}: another member has \
                     written to it; the tasks start again from what is on disk"
                ),
            )),
        }
    }

    /// Lets the log delete what has been read of repartition topics.
    fn purge_if_due(&mut self) {
        if self.purged_at.elapsed() < PURGE_INTERVAL {
            return;
        }
        self.purged_at = Instant::now();
        let internal = |place: &TopicPartition| {
            self.shared.plan.reads.iter().any(|r| r.repartition && r.name == place.topic)
        };
        let mut before = Vec::new();
        for running in &self.tasks {
            for (place, committed) in running.inputs.iter().zip(&running.committed) {
                if let (true, Some(offset)) = (internal(place), committed) {
                    before.push((place.clone(), *offset));
                }
            }
        }
        if before.is_empty() {
            return;
        }
        // It is only to save space, and is tried again.
        if let Err(e) = self.shared.broker.delete_records(&before) {
            tracing::warn!("worker {}: repartition topics were not purged: {e}", self.number);
        }
    }
}
