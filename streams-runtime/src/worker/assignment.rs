//! What the group says: tasks come and go.

use std::sync::Arc;

use streams_core::task::{TaskId, TaskOptions};
use streams_core::topology::Reset;

use super::running::TaskChangelog;
use super::{Routes, Running, Worker};
use crate::broker::{Position, TopicPartition};
use crate::crash::{self, CrashPoint};
use crate::error::{Error, ErrorKind, ErrorName, Result};
use crate::group::MembershipEvent;
use crate::restore::range;

impl Worker<'_> {
    pub(super) fn follow(&mut self, event: MembershipEvent) -> Result<()> {
        match event {
            MembershipEvent::Assigned(partitions) => self.assigned(&partitions),
            MembershipEvent::Revoked(partitions) => {
                tracing::debug!("worker {}: {} partitions revoked", self.number, partitions.len());
                // With the eager protocol everything is revoked and most of it given back: tasks
                // are kept, and those that do not come back are closed at the next assignment.
                crash::at(CrashPoint::Revoke);
                self.commit(true)?;
                self.tasks.iter_mut().for_each(|t| t.suspended = true);
                self.has_joined = false;
                self.routes = Routes::default();
                self.membership.acknowledge_revoked()
            }
            MembershipEvent::Overtaken => {
                let tasks = self.tasks.len();
                if tasks > 0 {
                    tracing::warn!(
                        "worker {}: the group went on without it for a while; closing the {tasks} \
                         tasks that it kept",
                        self.number
                    );
                }
                self.close_tasks(|_| false);
                self.has_joined = false;
                Ok(())
            }
            MembershipEvent::Lost(partitions) => {
                let text = format!(
                    "{} partitions were lost to other members; closing their tasks without a commit",
                    partitions.len()
                );
                let why = Error::new(ErrorKind::Rejoin, text).named(ErrorName::MemberFenced);
                tracing::warn!("worker {}: {why}", self.number);
                metrics::counter!("rollback-total").increment(1);
                // What they have written is another member's business now.
                self.client.abort()?;
                self.client.recover()?;
                self.close_tasks(|_| false);
                self.has_joined = false;
                self.fenced_at = None;
                self.membership.acknowledge_revoked()
            }
        }
    }

    /// Drops tasks that are not to be kept, with what they have not committed.
    pub(super) fn close_tasks(&mut self, keep: impl Fn(TaskId) -> bool) {
        let mut kept = Vec::new();
        for running in self.tasks.drain(..) {
            let id = running.id();
            if keep(id) {
                kept.push(running);
                continue;
            }
            self.restorer.forget(id);
            self.closed = self.closed + running.task.counters();
        }
        self.tasks = kept;
        self.routes = Routes::new(&self.shared.plan, &self.tasks);
    }

    pub(super) fn assigned(&mut self, partitions: &[TopicPartition]) -> Result<()> {
        let shared = self.shared;
        self.fenced_at = None;
        self.has_joined = true;
        for place in partitions {
            let read = shared.plan.reads.iter().find(|r| r.name == place.topic);
            if read.is_some_and(|r| place.partition >= r.partitions) {
                return Err(Error::config(format!(
                    "topic {} has got more partitions (there is a partition {}) since the \
                     application started: start it again",
                    place.topic, place.partition
                )));
            }
        }
        let wanted = shared.plan.tasks_of(partitions);
        self.close_tasks(|id| wanted.contains(&id));
        let fresh: Vec<TaskId> =
            wanted.iter().copied().filter(|id| !self.tasks.iter().any(|t| t.id() == *id)).collect();
        let names: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        tracing::info!("worker {}: tasks {}", self.number, names.join(", "));
        let mut assign: Vec<(TopicPartition, Option<Position>)> = Vec::new();
        for running in &mut self.tasks {
            assign.extend(running.inputs.iter().map(|place| (place.clone(), None)));
            running.paused.iter_mut().for_each(|p| *p = false);
            running.suspended = false;
        }
        let mut opened = Vec::new();
        for id in fresh {
            opened.push(self.open(id)?);
        }
        self.positions(&mut opened, &mut assign)?;
        self.begin_restore(&mut opened)?;
        self.tasks.append(&mut opened);
        self.routes = Routes::new(&shared.plan, &self.tasks);
        self.client.assign(&assign)?;
        let restoring = self.tasks.iter().filter(|t| t.restoring);
        let paused: Vec<TopicPartition> =
            restoring.flat_map(|t| t.inputs.iter().cloned()).collect();
        if !paused.is_empty() {
            self.client.pause(&paused)?;
        }
        Ok(())
    }

    /// A task with its stores on what is on disk.
    fn open(&self, id: TaskId) -> Result<Running> {
        let shared = self.shared;
        let options = TaskOptions { max_task_idle_ms: shared.config.max_task_idle_ms };
        let made = (self.make)(id, Arc::clone(&shared.plan.application_id), options);
        let mut task =
            made.ok_or_else(|| Error::config(format!("the topology has no task {id}")))?;
        let broker = Arc::clone(&shared.broker);
        task.set_topic_exists(Arc::new(move |name: &str| match broker.topics(&[name]) {
            Ok(found) => Ok(found.iter().any(Option::is_some)),
            // Not the record's fault: the task starts again from the last commit.
            Err(e) => Err(streams_core::Error::with_source(
                streams_core::ErrorKind::Store,
                format!("whether topic {name} exists cannot be found out: {e}"),
                e,
            )),
        }));
        if task.description().nodes.iter().any(|n| n.operator == "call") {
            task.set_executor(crate::calls::executor()?);
        }
        task.attach(&shared.globals);
        let description = task.description();
        let names: Vec<&str> = description.stores.iter().map(|s| s.name).collect();
        let disk = shared.state.task(id.partition, &names)?;
        for (number, (store, described)) in
            task.stores().into_iter().zip(description.stores).enumerate()
        {
            if !described.memory {
                store.open(disk.backend(number as u16)?)?;
            }
        }
        let inputs = shared.plan.inputs(id);
        let changelogs = shared.plan.changelogs.get(id.subtopology).into_iter().flatten();
        let changelogs = changelogs
            .map(|c| {
                let place = TopicPartition { topic: Arc::clone(&c.topic), partition: id.partition };
                let input = inputs.iter().position(|input| c.source && *input == place);
                TaskChangelog { store: c.store, place, input }
            })
            .collect();
        Ok(Running {
            task,
            disk: Arc::new(disk),
            committed: vec![None; inputs.len()],
            start: vec![0; inputs.len()],
            wrote: false,
            paused: vec![false; inputs.len()],
            inputs,
            changelogs,
            restoring: false,
            suspended: false,
            unflushed: false,
        })
    }

    /// Where the inputs of new tasks are read from: the committed offsets, or where the source says
    /// that a new group starts.
    fn positions(
        &self,
        opened: &mut [Running],
        assign: &mut Vec<(TopicPartition, Option<Position>)>,
    ) -> Result<()> {
        let places: Vec<TopicPartition> =
            opened.iter().flat_map(|t| t.inputs.iter().cloned()).collect();
        if places.is_empty() {
            return Ok(());
        }
        let broker = &self.shared.broker;
        let committed = broker.committed_with_times(&self.shared.plan.application_id, &places)?;
        let beginnings = match committed.iter().all(Option::is_some) {
            true => vec![0; places.len()],
            false => broker.beginning_offsets(&places)?,
        };
        let mut known = places.into_iter().zip(committed.into_iter().zip(beginnings));
        for Running { task, start, .. } in opened {
            for ((input, begun), (place, (committed, beginning))) in
                start.iter_mut().enumerate().zip(&mut known)
            {
                *begun = committed.map_or(beginning, |at| at.offset);
                let reset = self.shared.plan.reads.iter().find(|r| r.name == place.topic);
                let from = match (committed, reset.map(|r| r.reset)) {
                    (Some(at), _) => {
                        task.resume(input, at.time);
                        Position::Offset(at.offset)
                    }
                    (None, Some(Reset::Latest)) => Position::Latest,
                    (None, _) => Position::Earliest,
                };
                assign.push((place, Some(from)));
            }
        }
        Ok(())
    }

    /// Finds out what the stores of new tasks lack, and begins with it.
    fn begin_restore(&mut self, opened: &mut [Running]) -> Result<()> {
        let places: Vec<TopicPartition> =
            opened.iter().flat_map(|t| t.changelogs.iter().map(|c| c.place.clone())).collect();
        if places.is_empty() {
            return Ok(());
        }
        let ends = self.shared.broker.end_offsets(&places)?;
        let beginnings = self.shared.broker.beginning_offsets(&places)?;
        let mut bounds = beginnings.into_iter().zip(ends);
        for running in opened {
            let known = running.disk.positions()?;
            let mut found = Vec::new();
            let mut foreign = Vec::new();
            // No row is there yet of anything that is to be restored.
            let mut fresh = true;
            let description = running.task.description();
            for changelog in &running.changelogs {
                let Some((beginning, end)) = bounds.next() else { break };
                // An input has been processed as far as it was committed.
                let processed = changelog.input.and_then(|input| running.start.get(input));
                let end = processed.copied().unwrap_or(end);
                let memory = description.stores.get(changelog.store).is_some_and(|s| s.memory);
                let position = match memory {
                    true => None,
                    false => known.get(&changelog.place).copied(),
                };
                let (range, mut wipe) = range(position, beginning, end);
                if position.is_none() && !memory {
                    // Rows without a position are those of a restore that was cut short.
                    wipe |= !running.disk.backend(changelog.store as u16)?.is_empty()?;
                }
                fresh &= position.is_none() || memory;
                if wipe {
                    foreign.push(changelog.place.clone());
                }
                found.push((changelog.store, changelog.place.clone(), range, beginning));
            }
            if !foreign.is_empty() {
                let names: Vec<String> = foreign.iter().map(ToString::to_string).collect();
                tracing::warn!(
                    "task {}: the state on disk does not belong to changelog {}, or is half of it: it \
                     is deleted and restored",
                    running.id(),
                    names.join(", ")
                );
                let all: Vec<_> = found.iter().map(|(_, place, ..)| place.clone()).collect();
                running.disk.wipe(&all)?;
                fresh = true;
                let mut stores = running.task.stores();
                for store in &mut stores {
                    store.restored()?;
                }
                for (_, _, range, beginning) in &mut found {
                    range.from = *beginning;
                }
            }
            if fresh && found.iter().any(|(_, _, range, _)| range.from < range.end) {
                self.restorer.load_whole(running.id(), Arc::clone(&running.disk));
            }
            for (store, place, range, _) in found {
                if range.from < range.end {
                    let name = description.stores.get(store).map_or("", |s| s.name);
                    self.restorer.begin(running.id(), (store, name), place, range);
                } else {
                    tracing::info!(
                        "task {}: changelog {place} is on disk up to its end, offset {}: nothing to \
                         restore",
                        running.id(),
                        range.end
                    );
                }
            }
            running.restoring = self.restorer.is_restoring(running.id());
        }
        Ok(())
    }

    /// Lets the tasks go whose stores have become up to date.
    pub(super) fn start_restored(&mut self) -> Result<()> {
        let mut resume = Vec::new();
        for running in self.tasks.iter_mut().filter(|t| t.restoring) {
            if self.restorer.is_restoring(running.task.id()) {
                continue;
            }
            for store in running.task.stores() {
                store.restored()?;
            }
            running.restoring = false;
            // A suspended task is assigned anew, or goes; its partitions are nobody's meanwhile.
            if !running.suspended {
                resume.extend(running.inputs.iter().cloned());
            }
        }
        if !resume.is_empty() {
            self.client.resume(&resume)?;
        }
        Ok(())
    }
}
