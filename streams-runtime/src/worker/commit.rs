//! Commits: what was written, and how far was read; then, now and then, the state to disk.

use std::time::{Duration, Instant};

use streams_core::store::FlushBatch;

use super::Worker;
use crate::broker::{Commit, OffsetAndTime, TopicPartition};
use crate::crash::{self, CrashPoint};
use crate::error::{Error, ErrorKind, ErrorName, Result};

/// Kafka Streams' `repartition.purge.interval.ms`.
const PURGE_INTERVAL: Duration = Duration::from_secs(30);

/// How often the last commit is gone back to in a row, before the worker starts anew.
const ROLL_BACKS: u32 = 5;

/// What the stores of a worker take, in bytes: summed up once a turn.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weight {
    /// In memory.
    memory: usize,
    /// Of it, what the next commit writes to changelogs.
    uncommitted: usize,
}

impl Worker<'_> {
    pub(super) fn has_uncommitted(&self) -> bool {
        self.tasks.iter().any(|t| t.is_active() && t.owes_commit())
    }

    /// True if a processor has asked for a commit.
    fn asked_for_commit(&self) -> bool {
        self.tasks.iter().any(|t| t.is_active() && t.task.wants_commit())
    }

    pub(super) fn commit_if_due(&mut self, now: Instant, idle: bool) -> Result<()> {
        let interval = Duration::from_millis(self.shared.config.commit_interval_ms());
        let due = now.duration_since(self.committed_at) >= interval;
        let hurry = idle && self.shared.hurried() && self.has_uncommitted();
        let weight = self.weigh();
        let much = self.uncommitted_bytes.saturating_add(weight.uncommitted)
            > self.shared.config.uncommitted_max_bytes / self.shared.config.threads.max(1);
        let asked = self.asked_for_commit() || self.client.wants_commit();
        if due || hurry || much || asked || self.is_too_much(weight) {
            self.commit_weighed(false, weight)?;
        }
        Ok(())
    }

    /// This worker's share of the memory for rows.
    fn memory_budget(&self) -> usize {
        self.shared.worker_memory()
    }

    fn weigh(&mut self) -> Weight {
        self.tasks.iter_mut().fold(Weight::default(), |sum, running| {
            let (memory, uncommitted) = running.task.weigh();
            Weight { memory: sum.memory + memory, uncommitted: sum.uncommitted + uncommitted }
        })
    }

    /// What could not be given back the last time (stores that are in memory only) does not count
    /// again until it has grown by a quarter.
    fn is_too_much(&self, weight: Weight) -> bool {
        let kept = self.memory_kept.saturating_add(self.memory_kept / 4);
        weight.memory > self.memory_budget().max(kept)
    }

    /// Commits; then writes the state to disk if it is time, or `flush` says so.
    pub(super) fn commit(&mut self, flush: bool) -> Result<()> {
        let weight = self.weigh();
        self.commit_weighed(flush, weight)
    }

    fn commit_weighed(&mut self, flush: bool, weight: Weight) -> Result<()> {
        let started = Instant::now();
        self.committed_at = started;
        let over = self.is_too_much(weight);
        let interval = Duration::from_millis(self.shared.config.flush_interval_ms);
        let flush = flush || over || self.flushed_at.elapsed() >= interval;
        let mut offsets: Vec<(TopicPartition, OffsetAndTime)> = Vec::new();
        let mut ends_of: Vec<TopicPartition> = Vec::new();
        for running in self.tasks.iter_mut().filter(|t| t.is_active()) {
            if running.owes_commit() || flush && running.unflushed {
                running.task.prepare_commit()?;
                offsets.extend(running.offsets_to_commit());
            } else {
                continue;
            }
            if flush {
                ends_of.extend(running.written_on_disk().map(|c| c.place.clone()));
            }
        }
        self.drain()?;
        if offsets.is_empty() {
            if flush {
                self.flushed_at = started;
            }
            self.purge_if_due();
            return Ok(());
        }
        let (outcome, ends) = self.client.commit_with_ends(&offsets, &ends_of)?;
        match outcome {
            Commit::Committed => {}
            Commit::Fenced => return self.fenced(),
            Commit::Aborted(why) => return self.roll_back(&format!("a commit was aborted: {why}")),
            Commit::Unknown(why) => {
                return self.roll_back(&format!("the outcome of a commit is unknown: {why}"));
            }
        }
        crash::at(CrashPoint::AfterCommit);
        self.has_committed = true;
        self.committed(&offsets);
        let state = weight.memory as u64;
        self.shared.counters.committed(started.elapsed(), self.state_told, state);
        self.state_told = state;
        self.tell();
        if flush {
            self.flush(&offsets, ends)?;
            crash::at(CrashPoint::AfterLocalBatch);
        }
        if over {
            self.give_memory_back(weight.memory);
        }
        self.purge_if_due();
        Ok(())
    }

    fn committed(&mut self, offsets: &[(TopicPartition, OffsetAndTime)]) {
        self.rolled_back = 0;
        self.uncommitted_bytes = 0;
        for running in &mut self.tasks {
            for (place, committed) in running.inputs.iter().zip(&mut running.committed) {
                if let Some((_, at)) = offsets.iter().find(|(p, _)| p == place) {
                    *committed = Some(at.offset);
                    running.unflushed = true;
                    running.wrote = false;
                }
            }
        }
    }

    /// The group has moved on, and is about to say what becomes of the tasks.
    fn fenced(&mut self) -> Result<()> {
        if !self.shared.config.is_transactional() {
            // The records are durable; the offsets are sent again with the next commit of the tasks
            // that stay.
            return Ok(());
        }
        let text =
            "the group has moved on before a commit: its tasks are closed as of the last one";
        let why = Error::new(ErrorKind::Rejoin, text).named(ErrorName::MemberFenced);
        tracing::info!("worker {}: {why}", self.number);
        self.client.recover()?;
        metrics::counter!("rollback-total").increment(1);
        self.close_tasks(|_| false);
        self.has_joined = false;
        self.fenced_at = Some(Instant::now());
        Ok(())
    }

    /// Takes state and positions back to the last commit: what the stores have in memory is
    /// dropped, what the disk lacks comes from the changelogs, and inputs are read from the
    /// committed offsets on. The place in the group stays.
    fn roll_back(&mut self, why: &str) -> Result<()> {
        self.rolled_back += 1;
        metrics::counter!("rollback-total").increment(1);
        if self.rolled_back > ROLL_BACKS || self.shared.stopping() {
            return Err(Error::new(ErrorKind::Poisoned, why));
        }
        tracing::warn!("worker {}: {why}; going on from the last commit", self.number);
        self.client.recover()?;
        let active = self.tasks.iter().filter(|t| !t.suspended);
        let partitions: Vec<TopicPartition> = active.flat_map(|t| t.inputs.clone()).collect();
        // What is being restored has nothing to take back.
        let restoring: Vec<_> =
            self.tasks.iter().filter(|t| t.restoring && !t.suspended).map(|t| t.id()).collect();
        self.close_tasks(|id| restoring.contains(&id));
        if partitions.is_empty() {
            return Ok(());
        }
        self.assigned(&partitions)
    }

    /// Writes the state of the tasks that were just committed to disk. Only here, right after a
    /// commit, are the rows in memory those of the committed offsets; `ends`, of the changelogs of
    /// these tasks in order, were taken while the commit had the group's word that the tasks are
    /// this worker's.
    fn flush(&mut self, offsets: &[(TopicPartition, OffsetAndTime)], ends: Vec<i64>) -> Result<()> {
        self.flushed_at = Instant::now();
        let mut ends = ends.into_iter();
        let mut batch = FlushBatch::new();
        let covered = |place: &TopicPartition| offsets.iter().any(|(p, _)| p == place);
        for running in self.tasks.iter_mut().filter(|t| t.is_active()) {
            if !running.inputs.iter().any(covered) {
                continue;
            }
            let places = running.written_on_disk().map(|c| c.place.clone());
            let own: Vec<_> = places.zip(ends.by_ref()).collect();
            running.flush(&mut batch, own)?;
        }
        Ok(())
    }

    fn give_memory_back(&mut self, memory: usize) {
        let budget = self.memory_budget();
        // Some room, so that the next record does not bring the next flush.
        let target = budget as u128 / 4 * 3;
        let total = memory.max(1) as u128;
        for running in &mut self.tasks {
            let share = running.task.memory() as u128 * target / total;
            running.task.shrink(share as usize);
        }
        self.memory_kept = self.weigh().memory;
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
