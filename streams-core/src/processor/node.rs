//! A processor in a task: itself, its schedules, and what it has forwarded.

use super::context::{FixedKeyContext, ProcessorContext, TaskHandle};
use super::schedule::{Punctuation, PunctuationType, Schedules};
use super::{FixedKeyProcessor, Processed, Processor};
use crate::context::TaskContext;
use crate::{Context, HeaderBuf, RecordRef};

/// A record that a processor has forwarded.
#[derive(Debug)]
pub struct Forward<K, V> {
    /// Key.
    pub key: K,
    /// Value.
    pub value: V,
    /// Milliseconds since the Unix epoch.
    pub timestamp: i64,
    /// Headers, where they are not those of the record in hand.
    pub headers: Option<HeaderBuf>,
}

impl<K, V> Forward<K, V> {
    /// The record in hand, with the headers of this one.
    pub fn record<'r>(&'r self, record: &RecordRef<'r>) -> RecordRef<'r> {
        match &self.headers {
            Some(headers) => RecordRef { headers: headers.as_headers(), ..*record },
            None => *record,
        }
    }
}

/// Why a processor is called.
#[derive(Debug)]
pub enum Input<'r, K, V> {
    /// A record: key and value.
    Record(&'r K, &'r V),
    /// This clock, at this time.
    Due(PunctuationType, i64),
}

/// A processor `P` that forwards keys `K` and values `V`. For generated code.
#[derive(Debug)]
pub struct ProcessorNode<P, K, V> {
    processor: P,
    schedules: Schedules,
    forwards: Vec<Forward<K, V>>,
}

impl<P, K, V> ProcessorNode<P, K, V> {
    /// A processor with the schedules that the topology declares: clocks and intervals in
    /// milliseconds.
    pub fn new(processor: P, schedules: &[(PunctuationType, i64)]) -> Self {
        Self { processor, schedules: Schedules::new(schedules), forwards: Vec::new() }
    }

    /// The task begins at this wall time.
    pub fn start(&mut self, wall_clock: i64) {
        self.schedules.start(wall_clock);
    }

    /// The clocks are looked at; schedules that were made since take part.
    pub fn admit(&mut self) {
        self.schedules.admit();
    }

    /// When a schedule by this clock is next due.
    pub fn next(&self, punctuation_type: PunctuationType) -> Option<i64> {
        self.schedules.next(punctuation_type)
    }

    /// When the first schedule that is due at `now` was due.
    pub fn due(&self, punctuation_type: PunctuationType, now: i64) -> Option<i64> {
        self.schedules.due(punctuation_type, now)
    }

    /// Takes what was forwarded; [`give_back`](Self::give_back) returns the memory.
    pub fn take_forwards(&mut self) -> Vec<Forward<K, V>> {
        std::mem::take(&mut self.forwards)
    }

    /// Returns the memory of forwards that have gone on.
    pub fn give_back(&mut self, mut forwards: Vec<Forward<K, V>>) {
        forwards.clear();
        self.forwards = forwards;
    }

    /// The parts that a call works with.
    fn parts<'a>(
        &'a mut self,
        context: Context<'a>,
        cx: &'a mut TaskContext,
    ) -> (&'a mut P, TaskHandle<'a>, &'a mut Vec<Forward<K, V>>) {
        let task = TaskHandle {
            context,
            wall_clock: cx.wall_clock,
            schedules: &mut self.schedules,
            commit: &mut cx.commit_requested,
        };
        (&mut self.processor, task, &mut self.forwards)
    }

    fn fire(&mut self, punctuation_type: PunctuationType, now: i64) -> Option<Punctuation> {
        let schedule = self.schedules.fire(punctuation_type, now)?;
        Some(Punctuation { punctuation_type, timestamp: now, schedule })
    }
}

impl<P: Processor> ProcessorNode<P, P::KeyOut, P::ValueOut> {
    /// Takes one record, or calls the first schedule that is due.
    #[inline]
    pub fn call(
        &mut self,
        input: Input<'_, P::KeyIn, P::ValueIn>,
        stores: P::Stores<'_>,
        context: Context<'_>,
        cx: &mut TaskContext,
    ) -> Processed {
        let punctuation = match input {
            Input::Record(key, value) => {
                let (processor, task, forwards) = self.parts(context, cx);
                let cx = &mut ProcessorContext { task, forwards };
                return processor.process(key, value, stores, cx);
            }
            Input::Due(punctuation_type, now) => self.fire(punctuation_type, now),
        };
        let Some(punctuation) = punctuation else { return Ok(()) };
        let (processor, task, forwards) = self.parts(context, cx);
        processor.punctuate(punctuation, stores, &mut ProcessorContext { task, forwards })
    }
}

impl<P: FixedKeyProcessor> ProcessorNode<P, (), P::ValueOut> {
    /// Takes one record, or calls the first schedule that is due.
    #[inline]
    pub fn call_values(
        &mut self,
        input: Input<'_, P::Key, P::ValueIn>,
        stores: P::Stores<'_>,
        context: Context<'_>,
        cx: &mut TaskContext,
    ) -> Processed {
        let punctuation = match input {
            Input::Record(key, value) => {
                let (processor, task, forwards) = self.parts(context, cx);
                let cx = &mut FixedKeyContext { task, forwards };
                return processor.process(key, value, stores, cx);
            }
            Input::Due(punctuation_type, now) => self.fire(punctuation_type, now),
        };
        let Some(punctuation) = punctuation else { return Ok(()) };
        let (processor, mut task, _) = self.parts(context, cx);
        processor.punctuate(punctuation, stores, &mut task)
    }
}
