//! Runs a topology in a test: no broker, no threads, a clock that the test moves.
//!
//! The counterpart of Kafka Streams' `TopologyTestDriver`, with its order of things: every topic has
//! one partition; inputs are processed in the order in which they are piped in; what a record
//! causes on topics that the topology itself reads is processed, lowest timestamp first, before
//! the next input. `#[topology]` generates a `TestDriver` with a typed handle for every topic and
//! store around this [`Driver`].

mod handles;

use std::any::Any;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

pub use handles::{InputTopic, OutputTopic, TestRecord};

use crate::calls::Executor;
use crate::context::{TaskContext, TaskCounters};
use crate::output::TopicIndex;
use crate::policy::OnError;
use crate::processor::PunctuationType;
use crate::schema::{MemoryRegistry, SchemaRegistry, Schemas};
use crate::store::{Globals, Row, StateStore};
use crate::task::TaskLogic;
use crate::time::{StreamTime, WallTime};
use crate::topology::{Topology, TopologyDescription};
use crate::{Error, ErrorKind, HeaderBuf, OutputRecord, RecordRef, Result};

struct DriverTask {
    logic: Box<dyn TaskLogic>,
    cx: TaskContext,
}

/// A source that reads a topic.
#[derive(Clone, Copy)]
struct Reader {
    task: usize,
    source: usize,
}

struct Topic {
    name: String,
    /// Sources that read it.
    readers: Vec<Reader>,
    /// Global tables that are made of it.
    globals: Vec<usize>,
    next_offset: i64,
    /// Index in `captured` from which `read` goes on.
    cursor: usize,
}

/// A record that a topology wrote to a topic it reads.
struct Pending {
    topic: usize,
    timestamp: i64,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: HeaderBuf,
}

/// A topology under test. See the module.
pub struct Driver {
    description: &'static TopologyDescription,
    globals: Globals,
    /// Of global tables.
    counters: TaskCounters,
    tasks: Vec<DriverTask>,
    /// By [`TopicIndex`]: the index in `topics`, where topics of one name are one.
    by_index: Vec<usize>,
    topics: Vec<Topic>,
    /// Everything written, in order, and for each record the input that caused it.
    captured: crate::Output,
    causes: Vec<u64>,
    pending: VecDeque<Pending>,
    inputs: u64,
    stream_time: StreamTime,
    wall_clock: WallTime,
    /// Where the topology has formats with a registry.
    schemas: Option<Rc<Schemas>>,
    holds_commits: bool,
}

impl Driver {
    /// A fresh instance of `T`: empty stores, the wall clock at 0. The application id is the
    /// topology's name.
    pub fn new<T: Topology>() -> Self {
        Self::of(T::DESCRIPTION, T::globals(), T::task, !T::SCHEMAS.is_empty())
    }

    /// The same, for all topologies: this code is compiled once, and not by every program.
    fn of(
        description: &'static TopologyDescription,
        globals: Globals,
        task: fn(usize) -> Box<dyn TaskLogic>,
        has_schemas: bool,
    ) -> Self {
        let id: Arc<str> = description.name.into();
        let tasks = (0..description.subtopologies.len())
            .map(|n| {
                let (mut logic, cx) = (task(n), TaskContext::new(description, id.clone(), n, 0));
                logic.attach(&globals);
                logic.start(WallTime::default());
                DriverTask { logic, cx }
            })
            .collect();
        let mut topics: Vec<Topic> = Vec::new();
        let mut by_index = Vec::new();
        for topic in description.topics {
            let name = topic.full_name(&id);
            let at = topics.iter().position(|t| t.name == name).unwrap_or_else(|| {
                let (readers, globals) = (Vec::new(), Vec::new());
                topics.push(Topic {
                    name: name.into(),
                    readers,
                    globals,
                    next_offset: 0,
                    cursor: 0,
                });
                topics.len() - 1
            });
            by_index.push(at);
        }
        for (task, subtopology) in description.subtopologies.iter().enumerate() {
            for (source, s) in subtopology.sources.iter().enumerate() {
                let at = by_index.get(usize::from(s.topic.0)).copied();
                if let Some(topic) = at.and_then(|at| topics.get_mut(at)) {
                    topic.readers.push(Reader { task, source });
                }
            }
        }
        for (number, global) in description.globals.iter().enumerate() {
            let at = by_index.get(usize::from(global.topic.0)).copied();
            if let Some(topic) = at.and_then(|at| topics.get_mut(at)) {
                topic.globals.push(number);
            }
        }
        let mut driver = Self {
            description,
            globals,
            counters: TaskCounters::default(),
            tasks,
            by_index,
            topics,
            captured: crate::Output::new(),
            causes: Vec::new(),
            pending: VecDeque::new(),
            inputs: 0,
            stream_time: StreamTime::UNKNOWN,
            wall_clock: WallTime::default(),
            schemas: None,
            holds_commits: false,
        };
        if has_schemas {
            driver.use_registry(Arc::new(MemoryRegistry::new()));
        }
        driver
    }

    /// From now on formats with a registry ask this one; at first it is an empty [`MemoryRegistry`].
    pub fn use_registry(&mut self, registry: Arc<dyn SchemaRegistry>) {
        let topics = self.description.topics.iter();
        let names = topics.map(|t| t.full_name(self.description.name).into_owned()).collect();
        self.schemas = Some(Schemas::new(registry, names));
    }

    /// Formats are about to be used for this topology.
    fn enter(&self) {
        if let Some(schemas) = &self.schemas {
            schemas.enter();
        }
    }

    /// Where calls of outside services run; by default [in place](crate::calls::InPlace), without a
    /// clock.
    pub fn set_executor(&mut self, executor: &Arc<dyn Executor>) {
        for task in &mut self.tasks {
            task.cx.executor = Arc::clone(executor);
        }
    }

    /// From now on only [`commit`](Self::commit) gives on what `emit = on_commit` holds back. Without
    /// this, as in Kafka Streams' test driver, a commit comes after each record.
    pub fn hold_commits(&mut self) {
        self.holds_commits = true;
    }

    /// A commit: what waits for it is given on. Its outputs count as caused by the last input.
    ///
    /// # Errors
    /// What `on_error` does not pass over.
    pub fn commit(&mut self) -> Result<()> {
        for number in 0..self.tasks.len() {
            let Some(task) = self.tasks.get_mut(number) else { break };
            task.cx.stream_time = self.stream_time;
            std::mem::swap(&mut task.cx.output, &mut self.captured);
            let forwarded = task.logic.settle(&mut task.cx);
            std::mem::swap(&mut task.cx.output, &mut self.captured);
            self.route();
            forwarded?;
            self.settle()?;
        }
        Ok(())
    }

    /// The topology as data.
    pub fn description(&self) -> &'static TopologyDescription {
        self.description
    }

    fn topic(&self, name: &str) -> Result<usize> {
        self.topics.iter().position(|t| t.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.topics.iter().map(|t| t.name.as_str()).collect();
            Error::new(
                ErrorKind::Config,
                format!("the topology has no topic `{name}`; it has {}", known.join(", ")),
            )
        })
    }

    /// Pipes a record, encoded, into a topic; returns when everything that it causes is done. Its
    /// offset is the topic's next, whatever the record says.
    ///
    /// # Errors
    /// What `on_error` does not pass over, and an unknown topic.
    pub fn pipe(&mut self, topic: &str, record: &RecordRef<'_>) -> Result<()> {
        let topic = self.topic(topic)?;
        self.pipe_into(topic, record)
    }

    /// As [`pipe`](Self::pipe), by number.
    ///
    /// # Errors
    /// As [`pipe`](Self::pipe).
    pub fn pipe_index(&mut self, topic: TopicIndex, record: &RecordRef<'_>) -> Result<()> {
        match self.by_index.get(usize::from(topic.0)) {
            Some(&topic) => self.pipe_into(topic, record),
            None => Err(Error::new(ErrorKind::Config, format!("there is no topic {topic:?}"))),
        }
    }

    fn pipe_into(&mut self, topic: usize, record: &RecordRef<'_>) -> Result<()> {
        self.enter();
        self.inputs += 1;
        self.process(topic, record)?;
        self.settle()
    }

    /// Processes what was written to topics that the topology reads.
    fn settle(&mut self) -> Result<()> {
        while let Some(next) = self.lowest_pending() {
            let (key, value) = (next.key.as_deref(), next.value.as_deref());
            let headers = next.headers.as_headers();
            let record = RecordRef { offset: 0, timestamp: next.timestamp, key, value, headers };
            self.process(next.topic, &record)?;
        }
        Ok(())
    }

    fn lowest_pending(&mut self) -> Option<Pending> {
        let at = self.pending.iter().enumerate().min_by_key(|(i, p)| (p.timestamp, *i))?.0;
        self.pending.remove(at)
    }

    fn process(&mut self, topic: usize, record: &RecordRef<'_>) -> Result<()> {
        let Some(place) = self.topics.get_mut(topic) else { return Ok(()) };
        let record = RecordRef { offset: place.next_offset, ..*record };
        place.next_offset += 1;
        for n in 0..place.globals.len() {
            let global = self.topics.get(topic).and_then(|t| t.globals.get(n)).copied();
            if let Some(global) = global {
                self.take(global, topic, &record)?;
            }
        }
        let Some(place) = self.topics.get(topic) else { return Ok(()) };
        for n in 0..place.readers.len() {
            let reader = self.topics.get(topic).and_then(|t| t.readers.get(n)).copied();
            if let Some(reader) = reader {
                self.process_at(reader, &record)?;
            }
        }
        match self.stream_time.as_millis() {
            ..0 => Ok(()),
            now => self.punctuate(PunctuationType::StreamTime, now),
        }
    }

    /// Calls the schedules that are due. Kafka Streams' test driver runs the topology as one task.
    fn punctuate(&mut self, punctuation_type: PunctuationType, now: i64) -> Result<()> {
        for task in self.tasks.iter_mut().filter(|t| t.logic.punctuates()) {
            task.cx.stream_time = self.stream_time;
            task.cx.wall_clock = self.wall_clock;
            std::mem::swap(&mut task.cx.output, &mut self.captured);
            let punctuated = task.logic.punctuate(punctuation_type, now, &mut task.cx);
            let punctuated = punctuated.and_then(|_| finish(task, self.holds_commits));
            std::mem::swap(&mut task.cx.output, &mut self.captured);
            punctuated?;
        }
        self.route();
        Ok(())
    }

    /// Takes a record into a global table.
    fn take(&mut self, number: usize, topic: usize, record: &RecordRef<'_>) -> Result<()> {
        let described = self.description.globals.get(number);
        let (Some(global), Some(described)) = (self.globals.get(number), described) else {
            return Ok(());
        };
        match global.take(record) {
            Ok(true) => Ok(()),
            Ok(false) => {
                self.counters.dropped_null += 1;
                Ok(())
            }
            Err(e) if e.is_record() && described.on_error == OnError::Skip => {
                self.counters.skipped += 1;
                Ok(())
            }
            Err(e) => {
                let name = self.topics.get(topic).map_or("", |t| &t.name);
                Err(e.at(|| format!("{name}, partition 0, offset {}", record.offset)))
            }
        }
    }

    fn process_at(&mut self, reader: Reader, record: &RecordRef<'_>) -> Result<()> {
        let Some(task) = self.tasks.get_mut(reader.task) else { return Ok(()) };
        // The test driver runs the whole topology as one task, which has one stream time.
        task.cx.stream_time = self.stream_time;
        task.cx.wall_clock = self.wall_clock;
        std::mem::swap(&mut task.cx.output, &mut self.captured);
        let mut processed = task.logic.process(reader.source, record, None, &mut task.cx);
        if processed.is_ok() {
            processed = finish(task, self.holds_commits);
        }
        std::mem::swap(&mut task.cx.output, &mut self.captured);
        self.stream_time = task.cx.stream_time;
        self.route();
        processed
    }

    /// Queues what was just written to topics that the topology reads.
    fn route(&mut self) {
        for at in self.causes.len()..self.captured.len() {
            self.causes.push(self.inputs.saturating_sub(1));
            let Some(record) = self.captured.at(at) else { continue };
            let Some(topic) =
                written_to(&self.by_index, &self.topics, &self.captured, record.topic)
            else {
                continue;
            };
            if self
                .topics
                .get(topic)
                .is_some_and(|t| !t.readers.is_empty() || !t.globals.is_empty())
            {
                self.pending.push_back(Pending {
                    topic,
                    timestamp: record.timestamp,
                    key: record.key.map(<[u8]>::to_vec),
                    value: record.value.map(<[u8]>::to_vec),
                    headers: record.headers.to_buf(),
                });
            }
        }
    }

    /// Hands out what was written to a topic since this was last asked: each record, with the
    /// index of the input that caused it.
    ///
    /// # Errors
    /// An unknown topic, or what `each` returns.
    pub fn read(
        &mut self,
        topic: &str,
        mut each: impl FnMut(u64, OutputRecord<'_>) -> Result<()>,
    ) -> Result<()> {
        self.enter();
        let topic = match self.topic(topic) {
            Ok(topic) => topic,
            // A topic that records may name, and none has so far or since it was last read.
            Err(_) if self.names_topics() => self.add_topic(topic),
            Err(error) => return Err(error),
        };
        let from = self.topics.get(topic).map_or(0, |t| t.cursor);
        for at in from..self.captured.len() {
            let Some(record) = self.captured.at(at) else { break };
            let written = written_to(&self.by_index, &self.topics, &self.captured, record.topic);
            if written == Some(topic) && record.partition.is_none() {
                each(self.causes.get(at).copied().unwrap_or(0), record)?;
            }
        }
        if let Some(topic) = self.topics.get_mut(topic) {
            topic.cursor = self.captured.len();
        }
        Ok(())
    }

    /// True if records may name topics.
    fn names_topics(&self) -> bool {
        let mut nodes = self.description.subtopologies.iter().flat_map(|s| s.nodes.iter());
        nodes.any(|node| node.operator == "to_topic")
    }

    fn add_topic(&mut self, name: &str) -> usize {
        let (name, readers) = (name.to_owned(), Vec::new());
        self.topics.push(Topic { name, readers, globals: Vec::new(), next_offset: 0, cursor: 0 });
        self.topics.len() - 1
    }

    /// Forgets everything written so far, read or not, and keeps the memory.
    pub fn clear_outputs(&mut self) {
        self.captured.clear();
        self.causes.clear();
        for topic in &mut self.topics {
            topic.cursor = 0;
        }
    }

    /// Moves the wall clock on, by milliseconds, and calls the schedules of processors that are due
    /// then.
    ///
    /// # Errors
    /// What `on_error` does not pass over.
    pub fn advance_wall_clock(&mut self, ms: i64) -> Result<()> {
        self.wall_clock = self.wall_clock.plus_millis(ms);
        self.punctuate(PunctuationType::WallClock, self.wall_clock.0)?;
        self.settle()
    }

    /// The task's stream time; −1 before the first record.
    pub fn stream_time(&self) -> i64 {
        self.stream_time.as_millis()
    }

    /// What happened so far, over all tasks.
    pub fn counters(&self) -> TaskCounters {
        self.tasks.iter().fold(self.counters, |sum, t| sum + t.cx.counters)
    }

    /// The generated task of a sub-topology, whose stores are its fields.
    ///
    /// # Panics
    /// If the topology has no such sub-topology, or its task is of another type.
    pub fn task<L: 'static>(&mut self, subtopology: usize) -> &mut L {
        self.enter();
        let logic =
            self.tasks.get_mut(subtopology).map(|task| -> &mut dyn Any { &mut *task.logic });
        match logic.and_then(|logic| logic.downcast_mut::<L>()) {
            Some(task) => task,
            None => panic!("sub-topology {subtopology} has no task of this type"),
        }
    }

    /// The rows of a store, encoded as in its changelog.
    ///
    /// # Errors
    /// An unknown store.
    pub fn store_rows(&mut self, name: &str) -> Result<Vec<Row>> {
        self.enter();
        self.with_store(name, |store| store.rows())
    }

    /// The rows of a store that a lookup as of `time` finds: those of a versioned store at that time, in
    /// milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// An unknown store.
    pub fn store_rows_as_of(&mut self, name: &str, time: i64) -> Result<Vec<Row>> {
        self.enter();
        self.with_store(name, |store| store.rows_as_of(time))
    }

    fn with_store(
        &mut self,
        name: &str,
        read: impl FnOnce(&dyn StateStore) -> Result<Vec<Row>>,
    ) -> Result<Vec<Row>> {
        for task in &mut self.tasks {
            let stores = task.logic.stores();
            if let Some(store) = stores.into_iter().find(|s| s.name() == name) {
                return read(store);
            }
        }
        if let Some(global) = self.globals.iter().find(|g| g.name() == name) {
            let mut rows = Vec::new();
            global.with(&mut |store| {
                rows = store.rows()?;
                Ok(())
            })?;
            return Ok(rows);
        }
        Err(Error::new(ErrorKind::Config, format!("the topology has no store `{name}`")))
    }

    /// Applies `each` to every store, for tests of what a driver of tasks does with them.
    ///
    /// # Errors
    /// What `each` returns.
    pub fn for_each_store(
        &mut self,
        mut each: impl FnMut(&mut dyn StateStore) -> Result<()>,
    ) -> Result<()> {
        self.enter();
        self.tasks.iter_mut().flat_map(|t| t.logic.stores()).try_for_each(&mut each)?;
        self.globals.iter().try_for_each(|global| global.with(&mut each))
    }
}

/// What comes of a record beside its processing: calls are answered, and unless commits are held
/// back there is one.
fn finish(task: &mut DriverTask, holds_commits: bool) -> Result<()> {
    match holds_commits {
        true => task.logic.finish_calls(true, &mut task.cx).map(|_| ()),
        false => task.logic.settle(&mut task.cx),
    }
}

/// The topic in `topics` that a record was written to.
fn written_to(
    by_index: &[usize],
    topics: &[Topic],
    captured: &crate::Output,
    topic: TopicIndex,
) -> Option<usize> {
    match by_index.get(usize::from(topic.0)) {
        Some(known) => Some(*known),
        None => {
            let name = captured.topic_name(topic)?;
            topics.iter().position(|t| t.name == name)
        }
    }
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("topology", &self.description.name).finish_non_exhaustive()
    }
}
