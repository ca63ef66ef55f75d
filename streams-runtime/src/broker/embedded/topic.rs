//! A topic of the log: its description on disk, and what is known of its partitions in memory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use super::cleanup::Cleanup;
use crate::broker::{TopicPartition, TopicSpec};
use crate::error::{Error, ErrorKind, Result};

/// A topic that exists, or existed when a client got hold of it.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) name: Arc<str>,
    pub(super) id: u32,
    pub(super) config: BTreeMap<String, String>,
    pub(super) cleanup: Cleanup,
    pub(super) partitions: Vec<Partition>,
    /// Set under the commit lock.
    pub(super) deleted: AtomicBool,
}

/// What commits and readers share about a partition.
#[derive(Debug, Default)]
pub(super) struct Partition {
    /// The offset after the last committed record. Changed under the commit lock.
    pub(super) end: AtomicI64,
    /// Bytes of all batches ever written. Changed under the commit lock.
    pub(super) written: AtomicU64,
    /// The offset of the oldest record that is kept. Changed under the lock of `upkeep`.
    pub(super) start: AtomicI64,
    pub(super) upkeep: Mutex<Upkeep>,
}

/// What the cleaner knows about a partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Upkeep {
    /// Bytes of all batches ever deleted (only where retention or compaction need it).
    pub(super) deleted: u64,
    /// Compaction has seen everything before this offset …
    pub(super) cleaned_to: i64,
    /// … when this much had been written.
    pub(super) written_when_cleaned: u64,
    /// The largest timestamp before the offset `newest_to`, once it was needed. In memory only.
    pub(super) newest: Option<i64>,
    pub(super) newest_to: i64,
}

/// The most partitions of a topic; more is a mistake rather than a wish.
const MAX_PARTITIONS: i32 = 10_000;

/// The description of a topic as it is stored, in TOML.
#[derive(Deserialize, Serialize)]
struct Description {
    id: u32,
    partitions: i32,
    config: BTreeMap<String, String>,
}

impl Topic {
    /// A topic that is to be created; checks what was asked for.
    pub(super) fn create(id: u32, spec: &TopicSpec) -> Result<Self> {
        let TopicSpec { name, partitions, config } = spec;
        if name.is_empty() || name.len() > 249 {
            return Err(Error::config(format!("topic name `{name}`: 1 to 249 bytes are possible")));
        }
        if !(1..=MAX_PARTITIONS).contains(partitions) {
            return Err(Error::config(format!(
                "topic {name}: {partitions} partitions; 1 to {MAX_PARTITIONS} are possible"
            )));
        }
        Ok(Self {
            name: name.as_str().into(),
            id,
            cleanup: Cleanup::from_config(name, config)?,
            config: config.clone(),
            partitions: (0..*partitions).map(|_| Partition::default()).collect(),
            deleted: AtomicBool::new(false),
        })
    }

    /// The stored description.
    pub(super) fn encode(&self) -> Result<String> {
        let description = Description {
            id: self.id,
            partitions: self.partition_count(),
            config: self.config.clone(),
        };
        toml::to_string(&description).map_err(|e| {
            Error::with_source(ErrorKind::Config, format!("topic {}: {e}", self.name), e)
        })
    }

    /// A topic from its stored description.
    pub(super) fn decode(name: &str, stored: &[u8]) -> Result<Self> {
        let damaged = |e: String| {
            let text = format!("the description of topic {name} is damaged: {e}");
            Error::new(ErrorKind::Fatal, text)
        };
        let text = std::str::from_utf8(stored).map_err(|e| damaged(e.to_string()))?;
        let Description { id, partitions, config } =
            toml::from_str(text).map_err(|e| damaged(e.to_string()))?;
        Self::create(id, &TopicSpec { name: name.to_owned(), partitions, config })
    }

    pub(super) fn partition_count(&self) -> i32 {
        self.partitions.len() as i32
    }

    pub(super) fn spec(&self) -> TopicSpec {
        TopicSpec {
            name: self.name.to_string(),
            partitions: self.partition_count(),
            config: self.config.clone(),
        }
    }

    pub(super) fn at(&self, partition: u32) -> TopicPartition {
        TopicPartition { topic: Arc::clone(&self.name), partition: partition as i32 }
    }

    /// The partition of this number, and the number as the log writes it.
    pub(super) fn partition(&self, number: i32) -> Result<(u32, &Partition)> {
        let found = u32::try_from(number)
            .ok()
            .and_then(|n| Some((n, self.partitions.get(usize::try_from(n).ok()?)?)));
        found.ok_or_else(|| {
            Error::config(format!(
                "topic {} has no partition {number}: it has {}",
                self.name,
                self.partition_count()
            ))
        })
    }

    /// Refuses the use of a topic that is gone.
    pub(super) fn must_exist(&self) -> Result<()> {
        if self.deleted.load(Ordering::Acquire) {
            let text = format!("topic {} was deleted while it was in use", self.name);
            return Err(Error::new(ErrorKind::Fatal, text));
        }
        Ok(())
    }
}

impl Partition {
    pub(super) fn end(&self) -> i64 {
        self.end.load(Ordering::Acquire)
    }

    pub(super) fn start(&self) -> i64 {
        self.start.load(Ordering::Acquire)
    }

    /// What a commit writes under [`keys::end`](super::keys::end).
    pub(super) fn encode_end(end: i64, written: u64) -> [u8; 16] {
        let mut bytes = [0; 16];
        let (a, b) = bytes.split_at_mut(8);
        a.copy_from_slice(&end.to_le_bytes());
        b.copy_from_slice(&written.to_le_bytes());
        bytes
    }

    /// Takes over what [`encode_end`](Self::encode_end) wrote; `None` if it is damaged.
    pub(super) fn load_end(&self, bytes: &[u8]) -> Option<()> {
        let [end, written] = numbers(bytes)?;
        self.end.store(end, Ordering::Release);
        self.written.store(written as u64, Ordering::Release);
        Some(())
    }

    /// What the cleaner writes under [`keys::start`](super::keys::start).
    pub(super) fn encode_start(start: i64, upkeep: &Upkeep) -> Vec<u8> {
        let Upkeep { deleted, cleaned_to, written_when_cleaned, .. } = *upkeep;
        [start, deleted as i64, cleaned_to, written_when_cleaned as i64]
            .iter()
            .flat_map(|n| n.to_le_bytes())
            .collect()
    }

    /// Takes over what [`encode_start`](Self::encode_start) wrote; `None` if it is damaged.
    pub(super) fn load_start(&mut self, bytes: &[u8]) -> Option<()> {
        let [start, deleted, cleaned_to, written_when_cleaned] = numbers(bytes)?;
        self.start.store(start, Ordering::Release);
        self.upkeep = Mutex::new(Upkeep {
            deleted: deleted as u64,
            cleaned_to,
            written_when_cleaned: written_when_cleaned as u64,
            ..Upkeep::default()
        });
        Some(())
    }
}

fn numbers<const N: usize>(bytes: &[u8]) -> Option<[i64; N]> {
    let (chunks, []) = bytes.as_chunks::<8>() else {
        return None;
    };
    let numbers: [[u8; 8]; N] = chunks.try_into().ok()?;
    Some(numbers.map(i64::from_le_bytes))
}
