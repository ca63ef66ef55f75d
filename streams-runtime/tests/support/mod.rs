//! Topologies by hand, so that the runtime is tested without the macro.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use streams_core::context::TaskContext;
use streams_core::format::{BigEndian, Decode, Encode, Utf8};
use streams_core::output::TopicIndex;
use streams_core::policy::OnError;
use streams_core::store::{KeyValueStore, StateStore};
use streams_core::task::TaskLogic;
use streams_core::topology::App;
use streams_core::topology::{
    Nodes, Reset, SourceDescription, StoreDescription, StoreKind, SubtopologyDescription,
    TopicDescription, TopicRole, Topology, TopologyDescription,
};
use streams_core::{Error, ErrorKind, Headers, RecordRef, Result};
use streams_runtime::broker::{Broker, TopicSpec};
use streams_runtime::{Config, Loader, broker_for, read_topic};

const fn topic(name: &'static str, role: TopicRole) -> TopicDescription {
    TopicDescription {
        name,
        role,
        partitions: None,
        key_type: "String",
        value_type: "String",
        key_format: "utf8",
        value_format: "utf8",
    }
}

const fn source(
    name: &'static str,
    topic: u16,
    leads_to: &'static [TopicIndex],
) -> SourceDescription {
    SourceDescription {
        name,
        topic: TopicIndex(topic),
        table: false,
        extractor: false,
        reset: Reset::Earliest,
        leads_to,
    }
}

/// How many records with the value `counted` [`Pass`] has processed.
pub(crate) static COUNTED: AtomicU64 = AtomicU64::new(0);

/// For how many milliseconds [`Pass`] rests at the next record with the value `rest`.
pub(crate) static REST_MS: AtomicU64 = AtomicU64::new(0);

/// `in` → `out`. A value `fail` is an error, `panic` a panic.
pub(crate) struct Pass;

impl Topology for Pass {
    const DESCRIPTION: &'static TopologyDescription = &TopologyDescription {
        name: "pass",
        topics: &[topic("in", TopicRole::Source), topic("out", TopicRole::Sink)],
        subtopologies: &[SubtopologyDescription {
            sources: &[source("input", 0, &[TopicIndex(1)])],
            stores: &[],
            sinks: &[TopicIndex(1)],
            nodes: Nodes::NONE,
        }],
        globals: &[],
        on_error: OnError::Fail,
    };

    fn task(_: usize) -> Box<dyn TaskLogic> {
        Box::new(PassTask)
    }
}

struct PassTask;

impl TaskLogic for PassTask {
    fn process(
        &mut self,
        source: usize,
        record: &RecordRef<'_>,
        _: Option<i64>,
        cx: &mut TaskContext,
    ) -> Result<()> {
        if !cx.begin(source, record, record.timestamp, OnError::Fail)? {
            return Ok(());
        }
        match record.value {
            Some(b"fail") => {
                let e = Error::new(ErrorKind::Processing, "the value says so");
                return cx.reject(source, record, e, OnError::Fail);
            }
            Some(b"counted") => {
                COUNTED.fetch_add(1, Ordering::Relaxed);
            }
            Some(b"half") => {
                cx.output.write(
                    TopicIndex(1),
                    None,
                    record.timestamp,
                    record.headers,
                    |out| append(out, record.key),
                    |out| append(out, record.value),
                )?;
                let e = Error::new(ErrorKind::Processing, "the value says so");
                return cx.reject(source, record, e, OnError::Fail);
            }
            Some(b"panic") => panic!("the value says so"),
            Some(b"rest") => {
                let ms = REST_MS.swap(0, Ordering::Relaxed);
                std::thread::sleep(std::time::Duration::from_millis(ms));
            }
            _ => {}
        }
        cx.output.write(
            TopicIndex(1),
            None,
            record.timestamp,
            record.headers,
            |out| append(out, record.key),
            |out| append(out, record.value),
        )
    }

    fn timestamp(&mut self, _: usize, record: &RecordRef<'_>, _: &mut TaskContext) -> Result<i64> {
        Ok(record.timestamp)
    }

    fn stores(&mut self) -> Vec<&mut dyn StateStore> {
        Vec::new()
    }
}

fn append(out: &mut Vec<u8>, bytes: Option<&[u8]>) -> Result<bool> {
    out.extend_from_slice(bytes.unwrap_or_default());
    Ok(bytes.is_some())
}

/// `words` → by the value → `count` → `counts`.
pub(crate) struct Count;

/// The same, with the counts in memory only.
pub(crate) struct CountInMemory;

const WORDS: &str = "by-word-repartition";

macro_rules! count {
    ($topology:ty, memory: $memory:literal) => {
        impl Topology for $topology {
            const DESCRIPTION: &'static TopologyDescription = &TopologyDescription {
                name: "count",
                topics: &[
                    topic("words", TopicRole::Source),
                    topic(WORDS, TopicRole::Repartition),
                    topic(
                        "per-word-changelog",
                        TopicRole::Changelog { retention_ms: None, history_ms: None },
                    ),
                    topic("counts", TopicRole::Sink),
                ],
                subtopologies: &[
                    SubtopologyDescription {
                        sources: &[source("words", 0, &[TopicIndex(1)])],
                        stores: &[],
                        sinks: &[TopicIndex(1)],
                        nodes: Nodes::NONE,
                    },
                    SubtopologyDescription {
                        sources: &[source("by-word", 1, &[TopicIndex(3)])],
                        stores: &[StoreDescription {
                            name: "per-word",
                            kind: StoreKind::KeyValue,
                            changelog: Some(TopicIndex(2)),
                            memory: $memory,
                            doc: "",
                        }],
                        sinks: &[TopicIndex(3)],
                        nodes: Nodes::NONE,
                    },
                ],
                globals: &[],
                on_error: OnError::Fail,
            };

            fn task(subtopology: usize) -> Box<dyn TaskLogic> {
                count_task(subtopology)
            }
        }
    };
}

count!(Count, memory: false);
count!(CountInMemory, memory: true);

fn count_task(subtopology: usize) -> Box<dyn TaskLogic> {
    match subtopology {
        0 => Box::new(ByWord),
        _ => Box::new(PerWord(KeyValueStore::new("per-word", Some(TopicIndex(2))))),
    }
}

/// A word whose key cannot be encoded when its count is to be committed.
pub(crate) const CANNOT_BE_ENCODED: &str = "cannot-be-encoded";

/// UTF-8, with a fault.
enum Word {}

impl Encode<str> for Word {
    fn encode(word: &str, out: &mut Vec<u8>) -> Result<()> {
        assert_ne!(word, CANNOT_BE_ENCODED, "this count cannot be encoded");
        Utf8::encode(word, out)
    }
}

impl Encode<String> for Word {
    fn encode(word: &String, out: &mut Vec<u8>) -> Result<()> {
        Self::encode(word.as_str(), out)
    }
}

impl<'a> Decode<'a, String> for Word {
    fn decode(bytes: &'a [u8]) -> Result<String> {
        Utf8::decode(bytes)
    }
}

struct ByWord;

impl TaskLogic for ByWord {
    fn process(
        &mut self,
        source: usize,
        record: &RecordRef<'_>,
        _: Option<i64>,
        cx: &mut TaskContext,
    ) -> Result<()> {
        if !cx.begin(source, record, record.timestamp, OnError::Fail)? {
            return Ok(());
        }
        cx.output.write(
            TopicIndex(1),
            None,
            record.timestamp,
            Headers::EMPTY,
            |out| append(out, record.value),
            |out| append(out, record.value),
        )
    }

    fn timestamp(&mut self, _: usize, record: &RecordRef<'_>, _: &mut TaskContext) -> Result<i64> {
        Ok(record.timestamp)
    }

    fn stores(&mut self) -> Vec<&mut dyn StateStore> {
        Vec::new()
    }
}

struct PerWord(KeyValueStore<String, i64, Word, BigEndian>);

impl TaskLogic for PerWord {
    fn process(
        &mut self,
        source: usize,
        record: &RecordRef<'_>,
        _: Option<i64>,
        cx: &mut TaskContext,
    ) -> Result<()> {
        if !cx.begin(source, record, record.timestamp, OnError::Fail)? {
            return Ok(());
        }
        let word = std::str::from_utf8(record.key.unwrap_or_default())
            .map_err(|e| Error::with_source(ErrorKind::Decode, "not UTF-8", e))?;
        let slot = self.0.slot(word)?;
        let count = slot.value.unwrap_or(0) + 1;
        slot.value = Some(count);
        slot.timestamp = slot.timestamp.max(record.timestamp);
        cx.output.write(
            TopicIndex(3),
            None,
            record.timestamp,
            Headers::EMPTY,
            |out| append(out, record.key),
            |out| append(out, Some(&count.to_be_bytes())),
        )
    }

    fn timestamp(&mut self, _: usize, record: &RecordRef<'_>, _: &mut TaskContext) -> Result<i64> {
        Ok(record.timestamp)
    }

    fn stores(&mut self) -> Vec<&mut dyn StateStore> {
        vec![&mut self.0]
    }
}

/// The embedded log in a directory, with this many threads.
pub(crate) fn config(dir: &Path, threads: usize) -> Config {
    let mut config = Config::new();
    config.state_dir = dir.to_owned();
    config.threads = threads;
    config
}

/// Opens the log of an application.
pub(crate) fn open<T: Topology>(config: &Config) -> Arc<dyn Broker> {
    broker_for(&App::<T>::new(), config).unwrap()
}

/// Creates a topic, unless it exists.
pub(crate) fn create(broker: &dyn Broker, name: &str, partitions: i32) {
    let spec = TopicSpec { name: name.to_owned(), partitions, config: Default::default() };
    broker.create_topics(&[spec]).unwrap();
}

/// The word of the record with this number.
pub(crate) fn word(n: usize) -> String {
    // A few words are frequent, most are not.
    format!("word-{}", (n * 7919) % 997 % ((n % 400) + 1))
}

/// Writes the records with these numbers.
pub(crate) fn load(broker: &dyn Broker, topic: &str, numbers: std::ops::Range<usize>) {
    create(broker, topic, 4);
    let mut loader = Loader::new(broker).unwrap();
    for n in numbers {
        let (key, value) = (n.to_string(), word(n));
        loader.append(topic, key.as_bytes(), Some(value.as_bytes()), n as i64).unwrap();
    }
    loader.commit().unwrap();
}

/// Every record of a topic: key and value.
pub(crate) fn read(broker: &dyn Broker, topic: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut records = Vec::new();
    read_topic(broker, topic, |_, record| {
        let (key, value) = (record.key.unwrap_or_default(), record.value.unwrap_or_default());
        records.push((key.to_vec(), value.to_vec()));
    })
    .unwrap();
    records
}

/// Every word's counts go 1, 2, 3 … without a gap or a repetition, up to its number of records.
pub(crate) fn assert_counted_once(broker: &dyn Broker, topic: &str, records: usize) {
    let mut expected: BTreeMap<String, i64> = BTreeMap::new();
    for n in 0..records {
        *expected.entry(word(n)).or_default() += 1;
    }
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for (key, value) in read(broker, topic) {
        let (key, value) =
            (String::from_utf8(key).unwrap(), i64::from_be_bytes(value.try_into().unwrap()));
        let last = counts.entry(key.clone()).or_default();
        assert_eq!(value, *last + 1, "{key}");
        *last = value;
    }
    assert_eq!(counts, expected);
}
