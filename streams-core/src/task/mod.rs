//! A task: one sub-topology at one partition, as a state machine without I/O and without a clock.
//!
//! Records come in by [`Task::accept`] and [`Task::run`] processes them; what they cause lies in
//! the task's [`Output`] until the driver takes it. A commit is the driver's: it calls
//! [`Task::prepare_commit`], makes the output and the [positions](Task::positions) durable, and, now
//! and then, lets the stores [`flush`](Task::flush) what they owe to the disk.

mod logic;
mod queue;

use std::any::Any;
use std::sync::Arc;

pub use logic::TaskLogic;
use queue::Queue;

use crate::calls::Executor;
use crate::context::{TaskContext, TaskCounters, TopicExists};
use crate::processor::PunctuationType;
use crate::store::{FlushBatch, Globals, StateStore};
use crate::time::WallTime;
use crate::topology::{SubtopologyDescription, Topology, TopologyDescription};
use crate::{Output, RecordRef, Result};

/// A task's name: sub-topology and partition, written `0_3` as in Kafka Streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId {
    /// Number of the sub-topology.
    pub subtopology: usize,
    /// Partition of its inputs.
    pub partition: i32,
}

impl std::fmt::Display for TaskId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}_{}", self.subtopology, self.partition)
    }
}

/// Options of a task.
#[derive(Clone, Copy, Debug)]
pub struct TaskOptions {
    /// How long to wait for a record on an input that is empty and at its end, while others have
    /// some, in milliseconds (Kafka Streams' `max.task.idle.ms`). 0 does not wait for those; −1
    /// does not even wait for records that are known to be in the topic.
    pub max_task_idle_ms: i64,
}

/// What [`Task::run`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Processed as many records as was asked for; more may be ready.
    More,
    /// No record is ready.
    Idle,
    /// Records wait for those of another input; look again at this time or when some come.
    Waiting(WallTime),
}

/// Offsets are not negative.
const NO_POSITION: i64 = -1;

struct Input {
    queue: Queue,
    /// Offset of the next record to process; [`NO_POSITION`] before the first.
    position: i64,
    /// True if everything in the partition has been accepted, as far as is known.
    at_end: bool,
    /// Where reading went on when the end was last reached: behind what holds no record (markers of
    /// transactions, what was aborted or compacted).
    end: i64,
    table: bool,
    extractor: bool,
    /// Timestamp of the queue's first record.
    head: Option<i64>,
}

/// See the module.
pub struct Task {
    id: TaskId,
    description: &'static SubtopologyDescription,
    logic: Box<dyn TaskLogic>,
    cx: TaskContext,
    inputs: Vec<Input>,
    options: TaskOptions,
    waiting_since: Option<WallTime>,
    /// True if its processors may punctuate.
    punctuates: bool,
    started: bool,
    /// True if a wall-clock punctuation has changed something since the last commit.
    punctuated: bool,
    /// True if it calls outside services.
    calls: bool,
    under_way: bool,
}

impl Task {
    /// A new task of topology `T`, with its stores in memory and empty.
    pub fn new<T: Topology>(
        id: TaskId,
        application_id: Arc<str>,
        options: TaskOptions,
    ) -> Option<Self> {
        let topology = T::DESCRIPTION;
        let description = topology.subtopologies.get(id.subtopology)?;
        let logic = T::task(id.subtopology);
        Some(Self::with_logic(id, topology, description, logic, application_id, options))
    }

    fn with_logic(
        id: TaskId,
        topology: &'static TopologyDescription,
        description: &'static SubtopologyDescription,
        logic: Box<dyn TaskLogic>,
        application_id: Arc<str>,
        options: TaskOptions,
    ) -> Self {
        let input = |s: &crate::topology::SourceDescription| Input {
            queue: Queue::default(),
            position: NO_POSITION,
            at_end: false,
            end: NO_POSITION,
            table: s.table,
            extractor: s.extractor,
            head: None,
        };
        let (punctuates, calls) = (logic.punctuates(), logic.calls());
        Self {
            id,
            description,
            logic,
            cx: TaskContext::new(topology, application_id, id.subtopology, id.partition),
            inputs: description.sources.iter().map(input).collect(),
            options,
            waiting_since: None,
            punctuates,
            started: false,
            punctuated: false,
            calls,
            under_way: false,
        }
    }

    /// Gives the task the global tables of its process, before it processes anything.
    pub fn attach(&mut self, globals: &Globals) {
        self.logic.attach(globals);
    }

    /// The task's name.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// Its sub-topology.
    pub fn description(&self) -> &'static SubtopologyDescription {
        self.description
    }

    /// What happened so far.
    pub fn counters(&self) -> TaskCounters {
        self.cx.counters
    }

    /// Stream time in milliseconds since the Unix epoch; −1 before the first record.
    pub fn stream_time(&self) -> i64 {
        self.cx.stream_time.as_millis()
    }

    /// Where the task has written since the driver last drained it.
    pub fn output(&mut self) -> &mut Output {
        &mut self.cx.output
    }

    /// How to find out whether a topic exists that a record names (`to_topic`). Without, all do.
    pub fn set_topic_exists(&mut self, exists: TopicExists) {
        self.cx.set_topic_exists(exists);
    }

    /// The generated task, whose stores are its fields.
    pub fn logic(&mut self) -> &mut dyn Any {
        &mut *self.logic
    }

    /// The stores, in the order of the description.
    pub fn stores(&mut self) -> Vec<&mut dyn StateStore> {
        self.logic.stores()
    }

    /// Takes a record of the input with this number. Where the task has one input and nothing
    /// waits, it is processed at once, in place; otherwise it is copied into the input's queue.
    ///
    /// # Errors
    /// As [`TaskLogic::process`].
    #[inline]
    pub fn accept(&mut self, input: usize, record: &RecordRef<'_>) -> Result<()> {
        // A lone input waits for no other, so that `at_end` says nothing about it.
        if let ([only], 0) = (self.inputs.as_mut_slice(), input)
            && only.queue.is_empty()
        {
            self.logic.process(0, record, None, &mut self.cx)?;
            only.position = record.offset + 1;
            if self.punctuates {
                self.punctuate_stream_time()?;
            }
            return Ok(());
        }
        self.enqueue(input, record);
        Ok(())
    }

    fn enqueue(&mut self, input: usize, record: &RecordRef<'_>) {
        if let Some(input) = self.inputs.get_mut(input) {
            input.at_end = false;
            input.queue.push(record);
        }
    }

    /// Everything in the partition of this input has been accepted; reading goes on at `offset`.
    pub fn at_end(&mut self, input: usize, offset: i64) {
        if let Some(input) = self.inputs.get_mut(input) {
            input.at_end = true;
            input.end = offset;
        }
    }

    /// Number of records of this input that wait to be processed.
    pub fn buffered(&self, input: usize) -> usize {
        self.inputs.get(input).map_or(0, |i| i.queue.len())
    }

    /// Processes up to `max` records in the order of their timestamps, as far as the inputs allow.
    ///
    /// # Errors
    /// As [`TaskLogic::process`].
    pub fn run(&mut self, now: WallTime, max: usize) -> Result<Progress> {
        self.cx.wall_clock = now;
        if self.calls {
            self.under_way = !self.logic.finish_calls(false, &mut self.cx)?;
        }
        for _ in 0..max {
            if self.inputs.iter().all(|i| i.queue.is_empty()) {
                self.waiting_since = None;
                return Ok(Progress::Idle);
            }
            if let Some(until) = self.must_wait(now) {
                return Ok(Progress::Waiting(until));
            }
            let Some(next) = self.choose()? else { continue };
            self.process_head(next)?;
        }
        Ok(Progress::More)
    }

    /// Kafka Streams' rule (KIP-695): wait for an empty input while there may be records for it in
    /// the topic; where there are none, wait for `max_task_idle_ms`.
    fn must_wait(&mut self, now: WallTime) -> Option<WallTime> {
        if self.options.max_task_idle_ms < 0 {
            return None;
        }
        let mut empty = self.inputs.iter().filter(|i| i.queue.is_empty()).peekable();
        if empty.peek().is_none() {
            self.waiting_since = None;
            return None;
        }
        if empty.any(|i| !i.at_end) {
            self.waiting_since = None;
            return Some(now.plus_millis(LOOK_AGAIN_MS));
        }
        let until =
            self.waiting_since.get_or_insert(now).plus_millis(self.options.max_task_idle_ms);
        (now < until).then_some(until)
    }

    /// The input whose first record has the smallest timestamp; on equal ones a table's goes
    /// first, then the order of declaration decides. `None` if a record was left out meanwhile.
    fn choose(&mut self) -> Result<Option<usize>> {
        // With records on one input only there is nothing to compare, and no need to decode a
        // record for its timestamp before it is processed.
        let mut waiting = (0..self.inputs.len()).filter(|i| self.buffered(*i) > 0);
        if let (Some(only), None) = (waiting.next(), waiting.next()) {
            return Ok(Some(only));
        }
        let mut best: Option<(i64, bool, usize)> = None;
        for (number, input) in self.inputs.iter_mut().enumerate() {
            let Some(record) = input.queue.front() else { continue };
            let timestamp = match input.head {
                Some(timestamp) => timestamp,
                None if input.extractor => {
                    match self.logic.timestamp(number, &record, &mut self.cx) {
                        Ok(timestamp) => timestamp,
                        // The record fails again, and is dealt with, when it is processed.
                        Err(e) if e.is_record() => return Ok(Some(number)),
                        Err(e) => return Err(e),
                    }
                }
                None => record.timestamp,
            };
            input.head = Some(timestamp);
            let rank = (timestamp, !input.table, number);
            if best.is_none_or(|b| rank < b) {
                best = Some(rank);
            }
        }
        Ok(best.map(|(_, _, number)| number))
    }

    fn process_head(&mut self, number: usize) -> Result<()> {
        let Some(input) = self.inputs.get_mut(number) else { return Ok(()) };
        let Some(record) = input.queue.front() else { return Ok(()) };
        self.logic.process(number, &record, input.head, &mut self.cx)?;
        input.position = record.offset + 1;
        input.head = None;
        input.queue.pop();
        if self.punctuates {
            self.punctuate_stream_time()?;
        }
        Ok(())
    }

    /// As in Kafka Streams' test driver: after each record, whatever was due before it.
    fn punctuate_stream_time(&mut self) -> Result<()> {
        let now = self.cx.stream_time.as_millis();
        if now >= 0 {
            self.logic.punctuate(PunctuationType::StreamTime, now, &mut self.cx)?;
        }
        Ok(())
    }

    /// Calls the schedules of processors that are due by the wall clock. The first call starts them.
    ///
    /// # Errors
    /// As [`TaskLogic::punctuate`].
    pub fn punctuate_wall_clock(&mut self, now: WallTime) -> Result<()> {
        self.cx.wall_clock = now;
        if !self.punctuates {
            return Ok(());
        }
        if !self.started {
            self.started = true;
            self.logic.start(now);
        }
        let fired = self.logic.punctuate(PunctuationType::WallClock, now.0, &mut self.cx)?;
        self.punctuated |= fired;
        Ok(())
    }

    /// When a schedule by the wall clock is next due.
    pub fn next_punctuation(&self) -> Option<WallTime> {
        self.logic.next_punctuation().filter(|_| self.started)
    }

    /// True if results of outside services were awaited when [`run`](Self::run) was last called.
    pub fn has_calls_under_way(&self) -> bool {
        self.under_way
    }

    /// Where calls of outside services run.
    pub fn set_executor(&mut self, executor: Arc<dyn Executor>) {
        self.cx.executor = executor;
    }

    /// True if a wall-clock punctuation has done something since the last
    /// [`prepare_commit`](Self::prepare_commit), so that there is something to commit even if no
    /// input has moved.
    pub fn has_punctuated(&self) -> bool {
        self.punctuated
    }

    /// True if a processor has asked for a commit since the last
    /// [`prepare_commit`](Self::prepare_commit).
    pub fn wants_commit(&self) -> bool {
        self.cx.commit_requested
    }

    /// What a commit of the offsets has to say: for each input of which something was processed or
    /// the end was reached, where to read on.
    pub fn positions(&self) -> impl Iterator<Item = (usize, i64)> {
        self.inputs.iter().enumerate().filter_map(|(number, input)| {
            let behind = if input.queue.is_empty() { input.end } else { NO_POSITION };
            let position = input.position.max(behind);
            (position != NO_POSITION).then_some((number, position))
        })
    }

    /// The largest timestamp processed of an input's partition, in milliseconds since the Unix epoch; −1
    /// before the first. To be committed with the [positions](Self::positions), for [`resume`](Self::resume).
    pub fn partition_time(&self, input: usize) -> i64 {
        self.cx.processed_time(input)
    }

    /// The partition of an input had got to this time when its position was committed: stream time goes
    /// on from there.
    pub fn resume(&mut self, input: usize, partition_time: i64) {
        if partition_time >= 0 {
            self.cx.resume(input, partition_time);
        }
    }

    /// Waits for the calls of outside services, gives on what waits for the commit, and writes what the
    /// stores owe to their changelogs into the output. To be made durable together with the
    /// [positions](Self::positions).
    ///
    /// # Errors
    /// If a store's key or value cannot be encoded; as [`TaskLogic::finish_calls`].
    pub fn prepare_commit(&mut self) -> Result<()> {
        self.logic.settle(&mut self.cx)?;
        self.under_way = false;
        let (partition, output) = (self.id.partition, &mut self.cx.output);
        for store in self.logic.stores() {
            store.log_changes(partition, output)?;
        }
        self.punctuated = false;
        self.cx.commit_requested = false;
        Ok(())
    }

    /// Writes what the stores owe to the disk into `batch`; only right after a commit. Then the
    /// driver writes the batch, with the changelog positions that go with the commit, and calls
    /// [`flushed`](Self::flushed).
    ///
    /// # Errors
    /// If a store's key or value cannot be encoded.
    pub fn flush(&mut self, batch: &mut FlushBatch) -> Result<()> {
        for (number, store) in self.logic.stores().into_iter().enumerate() {
            batch.select(number as u16);
            store.flush(batch)?;
        }
        Ok(())
    }

    /// The batch of [`flush`](Self::flush) is on disk.
    pub fn flushed(&mut self) {
        for store in self.logic.stores() {
            store.flushed();
        }
    }

    /// Approximate bytes that the task's state takes in memory.
    pub fn memory(&mut self) -> usize {
        let stores: usize = self.logic.stores().iter().map(|s| s.memory()).sum();
        stores + self.logic.held()
    }

    /// Approximate bytes that the stores take in memory, and of them those that the next commit
    /// writes to changelogs.
    pub fn weigh(&mut self) -> (usize, usize) {
        let stores = self.logic.stores();
        stores.iter().fold((0, 0), |(all, owed), s| (all + s.memory(), owed + s.uncommitted()))
    }

    /// Gives memory of the stores back, down to about `target` bytes for all of them.
    pub fn shrink(&mut self, target: usize) {
        let total = self.memory().max(1);
        for store in self.logic.stores() {
            let share = (store.memory() as u128 * target as u128 / total as u128) as usize;
            store.shrink(share);
        }
    }
}

/// While records are known to be on their way, the driver comes back after this time even if
/// nothing arrives.
const LOOK_AGAIN_MS: i64 = 100;

#[cfg(test)]
mod tests;
