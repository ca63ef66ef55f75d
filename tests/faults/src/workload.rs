//! What a topology of this program gives to read, and what must come out of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use streams::RecordRef;
use streams::runtime::{Config, Result, Streams};

use crate::random::Random;

/// A record of an input topic.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) topic: &'static str,
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) timestamp: i64,
}

/// An output topic's records, each as text, by key and in order.
pub(crate) type Outputs = BTreeMap<String, Vec<String>>;

/// A topology with its input and its fold. The input is endless and the same for each seed: it is
/// asked for in parts, and the fold is over its first events.
pub(crate) trait Workload: Sync {
    /// The module's name: the application id on the embedded log.
    fn application(&self) -> &'static str;

    /// The input topics.
    fn inputs(&self) -> &'static [&'static str];

    /// The output topic.
    fn output(&self) -> &'static str;

    /// What is there before the first event: rows of tables.
    fn tables(&self, seed: u64) -> Vec<Input> {
        let _ = seed;
        Vec::new()
    }

    /// An event.
    fn event(&self, event: &Event) -> Input;

    /// What must come out for these events, in whatever order the keys.
    fn expected(&self, seed: u64, events: &[Event]) -> Outputs;

    /// Key and value of an output record.
    fn output_text(&self, record: &RecordRef<'_>) -> (String, String);

    /// Starts the application.
    fn start(&self, config: Config) -> Result<Streams>;
}

/// One event of the input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Event {
    /// Unique.
    pub(crate) id: u64,
    /// Who it belongs to: the record's key.
    #[serde(skip)]
    pub(crate) key: u64,
    /// Which of the key's events it is, from 0.
    pub(crate) sequence: u64,
    /// Some number.
    pub(crate) amount: i64,
    /// Milliseconds.
    #[serde(skip)]
    pub(crate) at: i64,
}

/// Keys of events.
pub(crate) const KEYS: u64 = 200;
/// Between two events, in milliseconds.
const STEP_MS: i64 = 500;
/// The first event's time.
const START_MS: i64 = 1_700_000_000_000;

impl Event {
    /// The key as it lies in topics.
    pub(crate) fn key_text(&self) -> String {
        format!("key-{}", self.key)
    }
}

/// The events of a seed, one after the other.
pub(crate) struct Events {
    random: Random,
    sequences: BTreeMap<u64, u64>,
    next: u64,
}

impl Events {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), sequences: BTreeMap::new(), next: 0 }
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        let key = self.random.below(KEYS);
        let amount = self.random.below(40_000) as i64;
        let sequence = self.sequences.entry(key).or_default();
        let at = START_MS + STEP_MS * self.next as i64;
        let event = Event { id: self.next, key, sequence: *sequence, amount, at };
        *sequence += 1;
        self.next += 1;
        Some(event)
    }
}

/// Text of bytes that are text.
pub(crate) fn utf8(bytes: Option<&[u8]>) -> String {
    bytes.map_or_else(|| "null".to_owned(), |bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// Text of a big-endian number.
pub(crate) fn number(bytes: Option<&[u8]>) -> String {
    match bytes.map(<[u8; 8]>::try_from) {
        Some(Ok(bytes)) => i64::from_be_bytes(bytes).to_string(),
        other => format!("{other:?} instead of a number"),
    }
}
