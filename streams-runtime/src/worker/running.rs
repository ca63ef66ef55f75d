//! A task and what belongs to it.

use std::sync::Arc;

use streams_core::store::{FlushBatch, FlushOp};
use streams_core::task::{Task, TaskId};

use crate::broker::{OffsetAndTime, TopicPartition};
use crate::crash::{self, CrashPoint};
use crate::error::Result;
use crate::store::rocksdb::TaskStores;

/// A changelog partition of a task.
pub(crate) struct TaskChangelog {
    /// Number of the store.
    pub(crate) store: usize,
    pub(crate) place: TopicPartition,
    /// The input that is it, of a table whose rows come back from its own topic.
    pub(crate) input: Option<usize>,
}

/// A task of a worker.
pub(crate) struct Running {
    pub(crate) task: Task,
    pub(crate) disk: Arc<TaskStores>,
    /// By input: the partition it reads.
    pub(crate) inputs: Vec<TopicPartition>,
    pub(crate) changelogs: Vec<TaskChangelog>,
    /// By input: the offset of the last commit of this member.
    pub(crate) committed: Vec<Option<i64>>,
    /// By input: where reading began.
    pub(crate) start: Vec<i64>,
    /// True if it has written something since the last commit.
    pub(crate) wrote: bool,
    /// By input: true if it is paused because too much of it waits.
    pub(crate) paused: Vec<bool>,
    /// True from the assignment until its stores are up to date.
    pub(crate) restoring: bool,
    /// True from a revocation until the assignment that gives it back or closes it: nothing of it
    /// may be processed or committed meanwhile, since it may be another member's by now.
    pub(crate) suspended: bool,
    /// True if it was committed since its stores were written to disk.
    pub(crate) unflushed: bool,
}

impl Running {
    pub(crate) fn id(&self) -> TaskId {
        self.task.id()
    }

    /// True if its records may be processed and committed.
    pub(crate) fn is_active(&self) -> bool {
        !self.restoring && !self.suspended
    }

    /// The records that are next on its inputs, for errors that do not say which it was.
    pub(crate) fn place(&self) -> String {
        let next = self.task.positions().filter_map(|(input, next)| {
            let TopicPartition { topic, partition } = self.inputs.get(input)?;
            Some(format!("{topic}, partition {partition}, offset {next}"))
        });
        let next: Vec<String> = next.collect();
        match next.is_empty() {
            true => "at its first record".to_owned(),
            false => next.join(" or "),
        }
    }

    /// True if the store of this number keeps its rows in memory only.
    pub(crate) fn in_memory(&self, store: usize) -> bool {
        self.task.description().stores.get(store).is_some_and(|s| s.memory)
    }

    /// True if there is something to commit: records were processed, or results written or
    /// stores changed without one (by a punctuation).
    pub(crate) fn owes_commit(&self) -> bool {
        self.wrote || self.task.has_punctuated() || !self.moved().is_empty()
    }

    /// The offsets for a commit of this task: those that have moved; where none has, the first
    /// input's again, since it is by its offsets that a former owner's commit is refused.
    pub(crate) fn offsets_to_commit(&self) -> Vec<(TopicPartition, OffsetAndTime)> {
        let mut moved = self.moved();
        if moved.is_empty() {
            let at = self.task.positions().find(|(input, _)| *input == 0).map(|(_, at)| at);
            let at = at.or(self.committed.first().copied().flatten());
            moved.extend(at.or(self.start.first().copied()).map(|at| (0, at)));
        }
        let place = |(input, offset): (usize, i64)| {
            let time = self.task.partition_time(input);
            Some((self.inputs.get(input)?.clone(), OffsetAndTime { offset, time }))
        };
        moved.into_iter().filter_map(place).collect()
    }

    /// The changelogs that it writes and whose positions are kept on disk.
    pub(crate) fn written_on_disk(&self) -> impl Iterator<Item = &TaskChangelog> {
        self.changelogs.iter().filter(|c| c.input.is_none() && !self.in_memory(c.store))
    }

    /// The positions on disk of changelogs that are inputs: what was committed of them.
    fn read_on_disk(&self) -> impl Iterator<Item = (TopicPartition, i64)> {
        let read = self.changelogs.iter().filter(|c| !self.in_memory(c.store));
        read.filter_map(|c| {
            let committed = self.committed.get(c.input?).copied().flatten();
            let offset = committed.or(self.start.get(c.input?).copied())?;
            Some((c.place.clone(), offset))
        })
    }

    /// The offsets that have moved since the last commit.
    pub(crate) fn moved(&self) -> Vec<(usize, i64)> {
        let moved =
            |(input, at): &(usize, i64)| self.committed.get(*input).copied().flatten() != Some(*at);
        self.task.positions().filter(moved).collect()
    }

    /// Writes what the stores owe to the disk, with the positions that go with it.
    pub(crate) fn flush(
        &mut self,
        batch: &mut FlushBatch,
        mut positions: Vec<(TopicPartition, i64)>,
    ) -> Result<()> {
        batch.clear();
        self.task.flush(batch)?;
        if batch.iter().any(|(_, op)| matches!(op, FlushOp::DeleteRange { .. })) {
            crash::at(CrashPoint::Expiry);
        }
        positions.extend(self.read_on_disk());
        self.disk.write(batch, &positions)?;
        self.task.flushed();
        self.unflushed = false;
        Ok(())
    }
}
