//! Global tables: every process reads all partitions of their topics to the end before it processes
//! anything, and a thread of its own keeps them up to date. Their topic is their changelog: positions in
//! it are written with the rows, so that a restart reads only what is new.
//!
//! The partitions are those that there are at the start.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use streams_core::RecordRef;
use streams_core::context::TaskCounters;
use streams_core::policy::OnError;
use streams_core::store::FlushBatch;

use crate::broker::{LogReader, Polled, Position, TopicPartition};
use crate::error::{Error, ErrorKind, Result};
use crate::restore::range;
use crate::shared::Shared;
use crate::store::rocksdb::TaskStores;
use crate::worker::Worker;

/// A table on disk: under a partition that no task has.
struct Table {
    disk: TaskStores,
    memory: bool,
    on_error: OnError,
    /// True if rows in memory are not on disk.
    unflushed: bool,
}

/// A partition of a table's topic.
struct Following {
    table: usize,
    place: TopicPartition,
    next: i64,
    /// Its end at the start.
    end: i64,
}

/// See the module.
struct GlobalReader<'s> {
    shared: &'s Shared,
    tables: Vec<Table>,
    following: Vec<Following>,
    reader: Box<dyn LogReader>,
    counted: TaskCounters,
    flushed_at: Instant,
}

/// The partition under which rows of global tables lie on disk.
const PARTITION: i32 = i32::MAX;

/// Records taken at a time.
const RECORDS: usize = 10_000;

/// How long to wait for records before looking whether to stop.
const WAIT: Duration = Duration::from_millis(50);

/// Between attempts, when the log is away.
const BACKOFF: Duration = Duration::from_secs(1);

impl<'s> GlobalReader<'s> {
    /// Opens the tables on what is on disk, and reads the rest.
    fn load_all(shared: &'s Shared) -> Result<Self> {
        let mut opened = Self {
            shared,
            tables: Vec::new(),
            following: Vec::new(),
            reader: shared.broker.reader()?,
            counted: TaskCounters::default(),
            flushed_at: Instant::now(),
        };
        for number in 0..shared.plan.globals.len() {
            opened.open_table(number)?;
        }
        opened.load()?;
        Ok(opened)
    }

    fn open_table(&mut self, number: usize) -> Result<()> {
        let shared = self.shared;
        let (Some(planned), Some(global)) =
            (shared.plan.globals.get(number), shared.globals.get(number))
        else {
            return Err(Error::config(format!("the topology has no global table {number}")));
        };
        let disk = shared.state.task(PARTITION, &[global.name()])?;
        let places: Vec<TopicPartition> = planned.partitions().collect();
        let beginnings = shared.broker.beginning_offsets(&places)?;
        let ends = shared.broker.end_offsets(&places)?;
        let known = if planned.memory { Default::default() } else { disk.positions()? };
        let mut foreign = false;
        let mut following = Vec::new();
        for ((place, beginning), end) in places.iter().zip(&beginnings).zip(ends) {
            let (range, wipe) = range(known.get(place).copied(), *beginning, end);
            foreign |= wipe;
            let place = place.clone();
            following.push(Following { table: number, place, next: range.from, end: range.end });
        }
        if foreign {
            tracing::warn!(
                "global table {}: the state on disk does not belong to topic {}: it is deleted and read \
                 again",
                global.name(),
                planned.topic
            );
            disk.wipe(&places)?;
            for (follow, beginning) in following.iter_mut().zip(beginnings) {
                follow.next = beginning;
            }
        }
        if !planned.memory {
            let mut backend = Some(disk.backend(0)?);
            global.with(&mut |store| backend.take().map_or(Ok(()), |b| store.open(b)))?;
        }
        let (memory, on_error) = (planned.memory, planned.on_error);
        self.tables.push(Table { disk, memory, on_error, unflushed: false });
        self.following.append(&mut following);
        Ok(())
    }

    /// Reads everything that is in the topics now.
    fn load(&mut self) -> Result<()> {
        let started = Instant::now();
        self.assign()?;
        let mut records = 0;
        while self.following.iter().any(|f| f.next < f.end) {
            records += self.step()?;
            if self.memory()? > self.shared.global_memory() {
                self.flush()?;
                self.shrink()?;
            }
        }
        self.flush()?;
        self.shared.counters.restored(records);
        tracing::info!(
            "global tables {:?}: read {records} records in {:.1} s",
            self.shared.globals,
            started.elapsed().as_secs_f64()
        );
        Ok(())
    }

    /// Keeps the tables up to date until the process is to stop.
    fn follow(&mut self) -> Result<()> {
        while !self.shared.stopping() {
            match self.turn() {
                Err(e) if e.kind() == ErrorKind::Retry => {
                    tracing::warn!("global tables: {e}; trying again");
                    std::thread::sleep(BACKOFF);
                    self.reader = self.shared.broker.reader()?;
                    self.assign()?;
                }
                other => other?,
            }
        }
        self.flush()?;
        self.shared.state.flush()
    }

    fn turn(&mut self) -> Result<()> {
        self.step()?;
        let interval = Duration::from_millis(self.shared.config.flush_interval_ms);
        let over = self.memory()? > self.shared.global_memory();
        if over || self.flushed_at.elapsed() >= interval {
            self.flush()?;
        }
        if over {
            self.shrink()?;
        }
        Ok(())
    }

    fn assign(&mut self) -> Result<()> {
        let place = |f: &Following| (f.place.clone(), Position::Offset(f.next));
        let from: Vec<_> = self.following.iter().map(place).collect();
        self.reader.assign(&from)
    }

    /// Takes some records in; gives their number.
    fn step(&mut self) -> Result<u64> {
        let Self { shared, tables, following, reader, counted, .. } = self;
        let before = *counted;
        let mut records = 0;
        let mut failed: Option<Error> = None;
        reader.poll(WAIT, RECORDS, &mut |polled| {
            if failed.is_some() {
                return;
            }
            let (Polled::Record { topic, .. } | Polled::End { topic, .. }) = polled;
            let Some(follow) = following.get_mut(topic) else { return };
            let Polled::Record { record, .. } = polled else {
                follow.end = follow.end.min(follow.next);
                return;
            };
            let Some(table) = tables.get_mut(follow.table) else { return };
            if let Err(e) = take(shared, table, follow, &record, counted) {
                failed = Some(e);
                return;
            }
            follow.next = record.offset + 1;
            records += 1;
        })?;
        self.shared.counters.add(before, self.counted);
        failed.map_or(Ok(records), Err)
    }

    fn memory(&self) -> Result<usize> {
        let mut bytes = 0;
        for global in self.shared.globals.iter() {
            global.with(&mut |store| {
                bytes += store.memory();
                Ok(())
            })?;
        }
        Ok(bytes)
    }

    /// Writes rows that are not on disk yet, with the positions that they are of.
    fn flush(&mut self) -> Result<()> {
        self.flushed_at = Instant::now();
        let mut batch = FlushBatch::new();
        for (number, table) in self.tables.iter_mut().enumerate() {
            let Some(global) = self.shared.globals.get(number) else { continue };
            if table.memory || !std::mem::take(&mut table.unflushed) {
                continue;
            }
            batch.clear();
            batch.select(0);
            global.with(&mut |store| store.flush(&mut batch))?;
            let own = self.following.iter().filter(|f| f.table == number);
            let positions: Vec<_> = own.map(|f| (f.place.clone(), f.next)).collect();
            table.disk.write(&batch, &positions)?;
            global.with(&mut |store| {
                store.flushed();
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Gives memory back, after a flush.
    fn shrink(&mut self) -> Result<()> {
        let total = self.memory()?.max(1) as u128;
        // Some room, so that the next record does not bring the next flush.
        let target = self.shared.global_memory() as u128 / 4 * 3;
        for global in self.shared.globals.iter() {
            global.with(&mut |store| {
                store.shrink((store.memory() as u128 * target / total) as usize);
                Ok(())
            })?;
        }
        Ok(())
    }
}

fn take(
    shared: &Shared,
    table: &mut Table,
    follow: &Following,
    record: &RecordRef<'_>,
    counted: &mut TaskCounters,
) -> Result<()> {
    let Some(global) = shared.globals.get(follow.table) else { return Ok(()) };
    table.unflushed = true;
    match global.take(record) {
        Ok(true) => Ok(()),
        Ok(false) => {
            counted.dropped_null += 1;
            Ok(())
        }
        Err(e) if e.is_record() && table.on_error == OnError::Skip => {
            counted.skipped += 1;
            Ok(())
        }
        Err(e) => {
            let TopicPartition { topic, partition } = &follow.place;
            let offset = record.offset;
            Err(e.at(|| format!("{topic}, partition {partition}, offset {offset}")).into())
        }
    }
}

/// The thread of a process's global tables: says when they are read, then keeps them up to date.
pub(crate) fn run(shared: &Shared, loaded: &Sender<Result<()>>) {
    let mut reader = match GlobalReader::load_all(shared) {
        Ok(reader) => reader,
        Err(e) => {
            // Nobody waits any more if the application has given up.
            let _ = loaded.send(Err(e));
            return;
        }
    };
    let _ = loaded.send(Ok(()));
    // Formats are the topology's code: without this thread its tables would stand still unseen.
    match catch_unwind(AssertUnwindSafe(|| reader.follow())) {
        Ok(Ok(())) => {}
        Ok(Err(e)) => shared.fail(e),
        Err(panic) => shared.fail(Worker::panicked("global tables", &*panic)),
    }
}
