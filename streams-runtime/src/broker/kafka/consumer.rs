//! A worker's consumer: positions, pausing, and handing out.
//!
//! Pausing is ours first: librdkafka's drops what it has fetched, and fetches it again after the
//! resume. A worker pauses often and for a short time (the other input of a join is behind), so
//! what arrives of a paused partition is held, in order, and librdkafka is paused only when much is.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::bindings::RD_KAFKA_OFFSET_BEGINNING;
use streams_core::HeaderBuf;

use super::admin::Admin;
use super::deliver::{content, hand_out};
use super::failure::error;
use super::ffi::{Handle, Held, Inbox, List, Message, OffsetSpec, millis};
use crate::broker::{Polled, Position, TopicPartition};
use crate::error::{Error, ErrorKind, ErrorName, Result};

/// How many records of a paused partition are held before its fetching stops: a few batches.
const HELD_RECORDS: usize = 10_000;
/// And how many bytes of keys and values.
const HELD_BYTES: usize = 4 << 20;

/// Reads partitions for a worker.
pub(super) struct Consumer {
    /// Held messages, then the batch, then the instance: dropped in this order.
    flows: Vec<Flow>,
    inbox: Inbox,
    handle: Arc<Handle>,
    index: HashMap<(usize, i32), usize>,
    /// Flows that hold records and may hand them out.
    ready: Vec<usize>,
    topics: Vec<String>,
    group: String,
    /// True if a poll that waits is to return.
    woken: Arc<AtomicBool>,
    headers: HeaderBuf,
    admin: Arc<Admin>,
    timeout: Duration,
    opened: Instant,
}

/// One assigned partition.
struct Flow {
    topic: usize,
    partition: i32,
    /// Offset of the next record to hand out; negative: librdkafka's name for the beginning.
    position: i64,
    /// Offset after the last message that librdkafka gave us, held ones included.
    received: i64,
    paused: bool,
    /// librdkafka is paused, too.
    stopped: bool,
    held: VecDeque<Held>,
    held_bytes: usize,
}

impl Consumer {
    pub(super) fn new(
        handle: Arc<Handle>,
        topics: Vec<String>,
        group: String,
        admin: Arc<Admin>,
        timeout: Duration,
    ) -> Self {
        Self {
            flows: Vec::new(),
            inbox: Inbox::new(Arc::clone(&handle)),
            handle,
            index: HashMap::new(),
            ready: Vec::new(),
            topics,
            group,
            woken: Arc::default(),
            headers: HeaderBuf::new(),
            admin,
            timeout,
            opened: Instant::now(),
        }
    }

    pub(super) fn assign(
        &mut self,
        partitions: &[(TopicPartition, Option<Position>)],
    ) -> Result<()> {
        let mut latest = self.latest(partitions)?.into_iter();
        let mut flows = Vec::with_capacity(partitions.len());
        for (p, position) in partitions {
            let topic = self.topic(p)?;
            let position = match position {
                Some(Position::Offset(offset)) => *offset,
                Some(Position::Earliest) => i64::from(RD_KAFKA_OFFSET_BEGINNING),
                Some(Position::Latest) => latest.next().unwrap_or_default(),
                None => match self.index.get(&(topic, p.partition)) {
                    Some(i) => self.flows.get(*i).map_or(0, |flow| flow.position),
                    None => {
                        return Err(Error::new(
                            ErrorKind::Fatal,
                            format!("{p} was not assigned before: say where to start"),
                        ));
                    }
                },
            };
            flows.push(Flow::new(topic, p.partition, position));
        }
        let names = partitions.iter().zip(&flows);
        let list = List::new(names.map(|((p, _), f)| (&*p.topic, f.partition, f.position)))?;
        self.handle.assign(&list).map_err(|f| error("assigning partitions", &f))?;
        self.index = flows.iter().enumerate().map(|(i, f)| ((f.topic, f.partition), i)).collect();
        self.flows = flows;
        self.ready.clear();
        Ok(())
    }

    pub(super) fn pause(&mut self, partitions: &[TopicPartition]) -> Result<()> {
        for p in partitions {
            self.flow(p)?.paused = true;
        }
        self.find_ready();
        Ok(())
    }

    pub(super) fn resume(&mut self, partitions: &[TopicPartition]) -> Result<()> {
        let mut stopped = Vec::new();
        for p in partitions {
            let flow = self.flow(p)?;
            flow.paused = false;
            if std::mem::take(&mut flow.stopped) {
                stopped.push((&*p.topic, p.partition, flow.received));
            }
        }
        self.find_ready();
        if stopped.is_empty() {
            return Ok(());
        }
        // librdkafka would go on from its own position, which counts a partition's end as a
        // message when messages are received in batches, and so may lie one too far.
        let list = List::new(stopped)?;
        self.handle
            .seek(&list, self.timeout)
            .and_then(|()| self.handle.resume(&list))
            .map_err(|f| error("resuming partitions", &f))
    }

    /// Makes a poll that waits, or the next one, return.
    pub(super) fn waker(&self) -> Arc<dyn Fn() + Send + Sync> {
        // A consumer leaves its group with its last owner.
        let (handle, woken) = (Arc::downgrade(&self.handle), Arc::clone(&self.woken));
        Arc::new(move || {
            woken.store(true, Ordering::Release);
            if let Some(handle) = handle.upgrade() {
                handle.wake();
            }
        })
    }

    pub(super) fn poll(
        &mut self,
        timeout: Duration,
        max: usize,
        each: &mut dyn FnMut(Polled<'_>),
    ) -> Result<()> {
        if !self.ready.is_empty() && !self.handle.has_assignment() {
            // Held of partitions that went to another member.
            self.ready.clear();
        }
        let mut given = self.give_held(max, each);
        // What is there already, without waiting.
        if given < max {
            given += self.receive(Duration::ZERO, max - given, each)?.given;
        }
        // What was received without waiting has taken the queue's own sign.
        if given == 0 && self.woken.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let deadline = Instant::now() + timeout;
        while given == 0 && max > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            // librdkafka waits until all that was asked for is there: so for one, then the rest.
            let first = self.receive(left, 1, each)?;
            if first.received == 0 {
                // Time is up, or there is news of the group.
                break;
            }
            given += first.given;
            if given < max {
                given += self.receive(Duration::ZERO, max - given, each)?.given;
            }
        }
        Ok(())
    }

    /// Receives a batch, and hands out or holds what is in it.
    fn receive(
        &mut self,
        timeout: Duration,
        max: usize,
        each: &mut dyn FnMut(Polled<'_>),
    ) -> Result<Received> {
        let Self { flows, inbox, index, topics, group, headers, opened, .. } = self;
        let batch = inbox.receive(millis(timeout), max);
        let mut result = Received { received: batch.len(), given: 0 };
        let mut trouble = Ok(());
        let mut unreadable = None;
        // Records come in runs of one partition.
        let (mut run, mut at) = ((0, -1), usize::MAX);
        for message in batch {
            let content = match content(&message, *opened, group) {
                Ok(Some(content)) => content,
                Ok(None) => continue,
                // The rest of the batch is handed out all the same: it would not come again.
                Err(e) if e.name() == Some(ErrorName::OffsetOutOfRange) => {
                    unreadable = Some((message.topic().to_owned(), message.partition(), e));
                    continue;
                }
                Err(e) => {
                    trouble = trouble.and(Err(e));
                    continue;
                }
            };
            let address = message.topic_address();
            if run != (address, message.partition()) {
                run = (address, message.partition());
                let topic = topics.iter().position(|t| t == message.topic());
                at = topic
                    .and_then(|t| index.get(&(t, message.partition())).copied())
                    .unwrap_or(usize::MAX);
            }
            let Some(flow) = flows.get_mut(at) else {
                continue;
            };
            if flow.paused {
                flow.hold(message);
            } else {
                flow.position = hand_out(&message, content, flow.topic, headers, each);
                flow.received = flow.position;
                result.given += 1;
            }
        }
        if result.given < result.received {
            self.stop_full()?;
        }
        trouble?;
        match unreadable {
            Some((topic, partition, e)) => Err(self.out_of_range(&topic, partition, e)),
            None => Ok(result),
        }
    }

    /// What to do about a position that cannot be read from. After a change of leaders librdkafka
    /// may find that the new one has other records before the position than those it has read, by
    /// epochs that it mixes up at times: as long as the position is one that the partition has, all
    /// that was committed is there, and a start from the last commit goes on.
    #[cold]
    fn out_of_range(&self, topic: &str, partition: i32, e: Error) -> Error {
        let place = [TopicPartition { topic: topic.into(), partition }];
        let index = self.topics.iter().position(|t| t == topic);
        let flow = index.and_then(|t| self.flows.get(*self.index.get(&(t, partition))?));
        let position = flow.map_or(-1, |f| f.received);
        let range = self.admin.offsets(&place, OffsetSpec::Earliest).and_then(|from| {
            let to = self.admin.offsets(&place, OffsetSpec::Latest)?;
            Ok((from.first().copied().unwrap_or(0), to.first().copied().unwrap_or(0)))
        });
        match range {
            Err(unknown) => unknown,
            Ok((from, to)) if position < 0 || (from..=to).contains(&position) => {
                e.with_kind(ErrorKind::Retry)
            }
            Ok((from, to)) => Error::new(
                ErrorKind::Fatal,
                format!(
                    "reading {topic}-{partition}: offset {position} is out of range: there are \
                     {from} to {to}: the records are gone by retention, or the topic was created \
                     anew; raise its retention, and reset the application's offsets to start from \
                     what is there"
                ),
            )
            .named(ErrorName::OffsetOutOfRange),
        }
    }

    /// Hands out what was held of partitions that are not paused any more.
    fn give_held(&mut self, max: usize, each: &mut dyn FnMut(Polled<'_>)) -> usize {
        let mut given = 0;
        while let Some(i) = self.ready.last()
            && given < max
        {
            let Some(flow) = self.flows.get_mut(*i) else {
                break;
            };
            let Some(held) = flow.held.pop_front() else {
                flow.held_bytes = 0;
                self.ready.pop();
                continue;
            };
            let (headers, opened, group) = (&mut self.headers, self.opened, &self.group);
            flow.position = held.with(|message| match content(message, opened, group) {
                Ok(Some(content)) => hand_out(message, content, flow.topic, headers, each),
                // Only records and ends are held.
                Ok(None) | Err(_) => flow.position,
            });
            given += 1;
        }
        given
    }

    /// Stops fetching paused partitions of which enough is held.
    fn stop_full(&mut self) -> Result<()> {
        let mut full = Vec::new();
        for flow in self.flows.iter_mut().filter(|f| f.is_full()) {
            flow.stopped = true;
            let topic = self.topics.get(flow.topic).map_or("", String::as_str);
            full.push((topic, flow.partition, 0));
        }
        if full.is_empty() {
            return Ok(());
        }
        let list = List::new(full)?;
        self.handle.pause(&list).map_err(|f| error("pausing partitions", &f))
    }

    fn find_ready(&mut self) {
        let ready = |(_, f): &(usize, &Flow)| !f.paused && !f.held.is_empty();
        self.ready = self.flows.iter().enumerate().filter(ready).map(|(i, _)| i).collect();
    }

    /// The ends of partitions that are to be read from there, in their order. They are asked for
    /// and not left to librdkafka, so that the position is known before the first record.
    fn latest(&self, partitions: &[(TopicPartition, Option<Position>)]) -> Result<Vec<i64>> {
        let latest: Vec<TopicPartition> = partitions
            .iter()
            .filter(|(_, position)| *position == Some(Position::Latest))
            .map(|(p, _)| p.clone())
            .collect();
        self.admin.offsets(&latest, OffsetSpec::Latest)
    }

    fn topic(&self, p: &TopicPartition) -> Result<usize> {
        self.topics.iter().position(|t| **t == *p.topic).ok_or_else(|| {
            Error::new(
                ErrorKind::Fatal,
                format!("{p} is not of this client's topics: name it when the client is opened"),
            )
        })
    }

    fn flow(&mut self, p: &TopicPartition) -> Result<&mut Flow> {
        let topic = self.topic(p)?;
        let found = self.index.get(&(topic, p.partition)).copied();
        found.and_then(|i| self.flows.get_mut(i)).ok_or_else(|| {
            Error::new(ErrorKind::Fatal, format!("{p} is not assigned: assign it first"))
        })
    }
}

/// How many messages a batch had, and how many of them were handed out.
struct Received {
    received: usize,
    given: usize,
}

impl Flow {
    fn new(topic: usize, partition: i32, position: i64) -> Self {
        Self {
            topic,
            partition,
            position,
            received: position,
            paused: false,
            stopped: false,
            held: VecDeque::new(),
            held_bytes: 0,
        }
    }

    fn hold(&mut self, message: Message<'_>) {
        self.held_bytes += message.key().map_or(0, <[u8]>::len);
        self.held_bytes += message.value().map_or(0, <[u8]>::len);
        // An end has the offset of the record that comes next.
        let end = message.code() != super::ffi::Code::NONE;
        self.received = message.offset() + i64::from(!end);
        self.held.push_back(message.hold());
    }

    fn is_full(&self) -> bool {
        let full = self.held.len() >= HELD_RECORDS || self.held_bytes >= HELD_BYTES;
        self.paused && !self.stopped && full
    }
}
