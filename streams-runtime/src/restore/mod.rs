//! Brings the stores of tasks up to date from their changelogs: from the position on disk on, in
//! batches straight into the store's rows, while other tasks of the worker go on. Stores that were
//! empty are loaded in bulk.

mod listener;
mod range;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use streams_core::store::{FlushBatch, StateStore};
use streams_core::task::TaskId;

pub use listener::{Listener, RestoreListener, StoreRestore};
pub(crate) use range::{Range, range};

use crate::broker::{LogReader, Polled, Position, TopicPartition};
use crate::crash::{self, CrashPoint};
use crate::error::{Error, ErrorKind, ErrorName, Result};
use crate::shared::Shared;
use crate::store::rocksdb::{BulkLoad, TaskStores};
use crate::worker::Running;

/// One changelog partition on its way into a store.
struct Following {
    task: TaskId,
    store: usize,
    name: &'static str,
    place: TopicPartition,
    from: i64,
    next: i64,
    end: i64,
    records: u64,
    /// Of these, how many the listener knows of.
    told: u64,
}

impl Following {
    fn restore(&self) -> StoreRestore<'_> {
        StoreRestore {
            task: self.task,
            store: self.name,
            changelog: &self.place,
            from: self.from,
            end: self.end,
            passed: self.next.min(self.end) - self.from,
            records: self.records,
        }
    }
}

/// Restores the tasks of a worker.
pub(crate) struct Restorer {
    reader: Option<Box<dyn LogReader>>,
    following: Vec<Following>,
    /// Of tasks whose stores were empty.
    whole: BTreeMap<TaskId, BulkLoad>,
    /// True if `following` has changed since the reader was told.
    changed: bool,
    listener: Option<Listener>,
    started: Instant,
    told: Instant,
    /// Offsets passed by all, and since when no more.
    moved: (i64, Instant),
}

/// Records taken at a time, so that the worker stays attentive.
const RECORDS: usize = 10_000;

/// How long a worker with nothing else to do waits for changelog records.
const WAIT: Duration = Duration::from_millis(20);

/// How long nothing may come before a line says what may be wrong.
const STUCK: Duration = Duration::from_secs(30);

/// Time between lines about the progress.
const TELL: Duration = Duration::from_secs(5);

impl Restorer {
    pub(crate) fn new(listener: Option<Listener>) -> Self {
        let now = Instant::now();
        Self {
            listener,
            reader: None,
            following: Vec::new(),
            whole: BTreeMap::new(),
            changed: false,
            started: now,
            told: now,
            moved: (0, now),
        }
    }

    /// The stores of this task hold no row: what [`begin`](Self::begin) says of them comes in bulk.
    pub(crate) fn load_whole(&mut self, task: TaskId, disk: Arc<TaskStores>) {
        self.whole.insert(task, BulkLoad::new(disk));
    }

    /// Begins with a store of a task.
    pub(crate) fn begin(
        &mut self,
        task: TaskId,
        (store, name): (usize, &'static str),
        place: TopicPartition,
        range: Range,
    ) {
        if self.following.is_empty() {
            self.started = Instant::now();
        }
        let Range { from, end } = range;
        let (records, told) = (0, 0);
        let new = Following { task, store, name, place, from, next: from, end, records, told };
        if let Some(Listener(listener)) = &self.listener {
            listener.on_restore_start(&new.restore());
        }
        self.following.push(new);
        self.changed = true;
    }

    /// Forgets a task.
    pub(crate) fn forget(&mut self, task: TaskId) {
        for f in self.following.extract_if(.., |f| f.task == task) {
            self.changed = true;
            if let Some(Listener(listener)) = &self.listener {
                listener.on_restore_suspended(&f.restore());
            }
        }
        self.whole.remove(&task);
    }

    /// True if nothing is being restored.
    pub(crate) fn is_idle(&self) -> bool {
        self.following.is_empty()
    }

    /// True if a store of this task is being restored.
    pub(crate) fn is_restoring(&self, task: TaskId) -> bool {
        self.following.iter().any(|f| f.task == task)
    }

    /// Takes some changelog records into the stores of `tasks`.
    pub(crate) fn step(&mut self, shared: &Shared, tasks: &mut [Running]) -> Result<()> {
        self.assign(shared)?;
        let slots: Vec<Option<usize>> =
            self.following.iter().map(|f| tasks.iter().position(|t| t.id() == f.task)).collect();
        let mut own: Vec<FlushBatch> = tasks.iter().map(|_| FlushBatch::new()).collect();
        let mut whole: BTreeMap<TaskId, &mut FlushBatch> =
            self.whole.iter_mut().map(|(task, load)| (*task, load.rows())).collect();
        let mut batches: Vec<&mut FlushBatch> = tasks
            .iter()
            .zip(&mut own)
            .map(|(task, own)| whole.remove(&task.id()).unwrap_or(own))
            .collect();
        let mut stores: Vec<Vec<&mut dyn StateStore>> =
            tasks.iter_mut().map(|t| t.task.stores()).collect();
        let following = &mut self.following;
        let mut failed: Option<Error> = None;
        if let Some(reader) = &mut self.reader {
            reader
                .poll(WAIT, RECORDS, &mut |polled| {
                    if failed.is_some() {
                        return;
                    }
                    let (Polled::Record { topic, .. } | Polled::End { topic, .. }) = polled;
                    let Some(follow) = following.get_mut(topic) else { return };
                    let record = match polled {
                        Polled::Record { record, .. } => record,
                        // Before the end, if a transaction is open: then what comes after it is not
                        // told yet.
                        Polled::End { offset, .. } => {
                            follow.next = follow.next.max(offset);
                            return;
                        }
                    };
                    if follow.next >= follow.end {
                        return;
                    }
                    let slot = slots.get(topic).copied().flatten();
                    let store = slot.and_then(|s| stores.get_mut(s)?.get_mut(follow.store));
                    if let (Some(store), Some(batch)) =
                        (store, slot.and_then(|s| batches.get_mut(s)))
                    {
                        batch.select(follow.store as u16);
                        if let Err(e) = store.restore(&record, batch) {
                            failed = Some(undecodable(&follow.place, record.offset, e));
                            return;
                        }
                    }
                    follow.next = record.offset + 1;
                    follow.records += 1;
                })
                .map_err(shortened)?;
        }
        drop(stores);
        let any = batches.iter().any(|b| !b.is_empty());
        drop(batches);
        if any {
            crash::at(CrashPoint::Restore);
        }
        if let Some(error) = failed {
            return Err(error);
        }
        for (task, batch) in tasks.iter().zip(&own) {
            if let Some(load) = self.whole.get_mut(&task.id()) {
                load.advance()?;
                continue;
            }
            let on_disk = |f: &&Following| f.task == task.id() && !task.in_memory(f.store);
            let following = self.following.iter().filter(on_disk);
            let positions: Vec<_> = following.map(|f| (f.place.clone(), f.next)).collect();
            if !batch.is_empty() || !positions.is_empty() {
                task.disk.write(batch, &positions)?;
            }
        }
        self.finish(shared, tasks)
    }

    fn assign(&mut self, shared: &Shared) -> Result<()> {
        if !self.changed {
            return Ok(());
        }
        let reader = match &mut self.reader {
            Some(reader) => reader,
            None => self.reader.insert(shared.broker.reader()?),
        };
        let place = |f: &Following| (f.place.clone(), Position::Offset(f.next));
        let from: Vec<_> = self.following.iter().map(place).collect();
        reader.assign(&from)?;
        self.changed = false;
        Ok(())
    }

    fn finish(&mut self, shared: &Shared, tasks: &[Running]) -> Result<()> {
        if let Some(Listener(listener)) = &self.listener {
            for f in self.following.iter_mut().filter(|f| f.records > f.told) {
                let batch = f.records - f.told;
                f.told = f.records;
                listener.on_batch_restored(&f.restore(), batch);
            }
        }
        let before = self.following.len();
        let done: Vec<Following> = self.following.extract_if(.., |f| f.next >= f.end).collect();
        for f in done {
            let in_memory = tasks.iter().any(|t| t.id() == f.task && t.in_memory(f.store));
            if let Some(load) = self.whole.get_mut(&f.task).filter(|_| !in_memory) {
                load.position(f.place.clone(), f.next);
            }
            if !self.is_restoring(f.task)
                && let Some(load) = self.whole.remove(&f.task)
            {
                load.finish()?;
            }
            shared.counters.restored(f.records);
            if let Some(Listener(listener)) = &self.listener {
                listener.on_restore_end(&f.restore());
            }
            tracing::info!(
                "task {}: restored {} records of changelog {} from offset {} on, in {:.1} s",
                f.task,
                f.records,
                f.place,
                f.from,
                self.started.elapsed().as_secs_f64()
            );
        }
        self.changed |= self.following.len() < before;
        if !self.following.is_empty() && self.told.elapsed() >= TELL {
            self.told = Instant::now();
            self.tell();
        }
        if self.following.is_empty() {
            self.reader = None;
            self.changed = false;
        }
        Ok(())
    }

    fn tell(&mut self) {
        let left: i64 = self.following.iter().map(|f| f.end - f.next).sum();
        let done: u64 = self.following.iter().map(|f| f.records).sum();
        let rate = done as f64 / self.started.elapsed().as_secs_f64().max(0.001);
        let seconds = left as f64 / rate.max(1.0);
        let passed = self.following.iter().map(|f| f.next).sum();
        if passed != self.moved.0 {
            self.moved = (passed, Instant::now());
        }
        if let Some(f) = self.following.first()
            && self.moved.1.elapsed() >= STUCK
        {
            tracing::warn!(
                "changelog {}: nothing readable comes from offset {} on, and it ends at {}: its leader \
                 is away, or a transaction is open there that nobody ends (kafka-transactions.sh \
                 find-hanging shows it, and abort ends it)",
                f.place,
                f.next,
                f.end
            );
        }
        tracing::info!(
            "restoring {} changelogs: {done} records so far, {rate:.0} a second, about {left} left \
             ({seconds:.0} s)",
            self.following.len()
        );
    }
}

/// Retention may take records of a changelog of windows while it is read: then from its new
/// beginning on.
fn shortened(e: Error) -> Error {
    match e.name() {
        Some(ErrorName::OffsetOutOfRange) => e.with_kind(ErrorKind::Retry),
        _ => e,
    }
}

fn undecodable(place: &TopicPartition, offset: i64, e: streams_core::Error) -> Error {
    let text = format!(
        "changelog {}, partition {}, offset {offset}: the record is not one of this store: {e}; was the \
         store's type or format changed? `reset` the application, or go back to what wrote it",
        place.topic, place.partition
    );
    Error::with_source(ErrorKind::Fatal, text, e).named(ErrorName::ChangelogUndecodable)
}
