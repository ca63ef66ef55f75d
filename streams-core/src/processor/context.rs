//! What a processor sees of its record and asks of its task.

use std::ops::{Deref, DerefMut};

use super::node::Forward;
use super::schedule::{PunctuationType, ScheduleId, Schedules};
use crate::time::WallTime;
use crate::{Context, HeaderBuf, Headers};

/// The record (see [`Context`]: `cx.timestamp`, `cx.headers`, `cx.stream_time`, …) and what can be
/// asked of the task. In a punctuation there is no record: its timestamp is the time of the
/// clock, its topic empty, its offset −1.
#[derive(Debug)]
pub struct TaskHandle<'a> {
    pub(super) context: Context<'a>,
    pub(super) wall_clock: WallTime,
    pub(super) schedules: &'a mut Schedules,
    pub(super) commit: &'a mut bool,
}

impl<'a> Deref for TaskHandle<'a> {
    type Target = Context<'a>;

    fn deref(&self) -> &Self::Target {
        &self.context
    }
}

impl TaskHandle<'_> {
    /// Calls `punctuate` each `interval_ms` milliseconds (at least 1) by this clock, beside the
    /// schedules of the topology. It is gone after a restart of the task: make it anew.
    pub fn schedule(&mut self, punctuation_type: PunctuationType, interval_ms: i64) -> ScheduleId {
        self.schedules.add(punctuation_type, interval_ms, self.wall_clock.0)
    }

    /// Ends a schedule; `false` if there is none of this name (any more).
    pub fn cancel(&mut self, schedule: ScheduleId) -> bool {
        self.schedules.cancel(schedule)
    }

    /// Asks for a commit as soon as this record is done, without waiting for the commit interval.
    pub fn commit(&mut self) {
        *self.commit = true;
    }

    /// The wall clock, in milliseconds since the Unix epoch: as of when the task was last given
    /// records, so that asking costs nothing.
    pub fn wall_clock(&self) -> i64 {
        self.wall_clock.0
    }
}

/// What a [`Processor`](super::Processor) works with.
#[derive(Debug)]
pub struct ProcessorContext<'a, K, V> {
    pub(super) task: TaskHandle<'a>,
    pub(super) forwards: &'a mut Vec<Forward<K, V>>,
}

impl<'a, K, V> Deref for ProcessorContext<'a, K, V> {
    type Target = TaskHandle<'a>;

    fn deref(&self) -> &Self::Target {
        &self.task
    }
}

impl<K, V> DerefMut for ProcessorContext<'_, K, V> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.task
    }
}

impl<'a, K, V> ProcessorContext<'a, K, V> {
    /// Forwards a record to what comes behind the processor, with the timestamp and the headers of
    /// the one in hand; the result changes them: `cx.forward(k, v).at(5).header("stamp", b"x")`.
    /// Records go on in this order, once `process` or `punctuate` has returned.
    pub fn forward(&mut self, key: K, value: V) -> Forwarded<'_, 'a, K, V> {
        forward(self.forwards, &self.task, key, value)
    }
}

/// What a [`FixedKeyProcessor`](super::FixedKeyProcessor) works with.
#[derive(Debug)]
pub struct FixedKeyContext<'a, V> {
    pub(super) task: TaskHandle<'a>,
    pub(super) forwards: &'a mut Vec<Forward<(), V>>,
}

impl<'a, V> Deref for FixedKeyContext<'a, V> {
    type Target = TaskHandle<'a>;

    fn deref(&self) -> &Self::Target {
        &self.task
    }
}

impl<V> DerefMut for FixedKeyContext<'_, V> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.task
    }
}

impl<'a, V> FixedKeyContext<'a, V> {
    /// Forwards a value under the record's key: as [`ProcessorContext::forward`].
    pub fn forward(&mut self, value: V) -> Forwarded<'_, 'a, (), V> {
        forward(self.forwards, &self.task, (), value)
    }
}

fn forward<'f, 'a, K, V>(
    forwards: &'f mut Vec<Forward<K, V>>,
    task: &TaskHandle<'a>,
    key: K,
    value: V,
) -> Forwarded<'f, 'a, K, V> {
    let forward = Forward { key, value, timestamp: task.timestamp, headers: None };
    let at = forwards.len();
    forwards.push(forward);
    match forwards.get_mut(at) {
        Some(forward) => Forwarded { forward, headers: task.headers },
        None => unreachable!("a record that was just pushed"),
    }
}

/// A record on its way to what comes behind a processor.
#[derive(Debug)]
pub struct Forwarded<'f, 'a, K, V> {
    forward: &'f mut Forward<K, V>,
    headers: Headers<'a>,
}

impl<K, V> Forwarded<'_, '_, K, V> {
    /// With this timestamp, in milliseconds since the Unix epoch.
    #[expect(clippy::return_self_not_must_use, reason = "the record is forwarded in any case")]
    pub fn at(self, timestamp: i64) -> Self {
        self.forward.timestamp = timestamp;
        self
    }

    /// With one header more, behind those that it has.
    #[expect(clippy::return_self_not_must_use, reason = "the record is forwarded in any case")]
    pub fn header(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let headers = self.forward.headers.get_or_insert_with(|| self.headers.to_buf());
        headers.push(name, Some(value.as_ref()));
        self
    }

    /// With these headers and no others.
    #[expect(clippy::return_self_not_must_use, reason = "the record is forwarded in any case")]
    pub fn headers(self, headers: HeaderBuf) -> Self {
        self.forward.headers = Some(headers);
        self
    }
}
