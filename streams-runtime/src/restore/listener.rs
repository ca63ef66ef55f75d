//! Who wants to know of restores.

use std::fmt;
use std::sync::Arc;

use streams_core::task::TaskId;

use crate::broker::TopicPartition;

/// A store that is brought up to date from its changelog.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoreRestore<'a> {
    /// The task of the store.
    pub task: TaskId,
    /// The store's name.
    pub store: &'a str,
    /// The changelog that is read.
    pub changelog: &'a TopicPartition,
    /// The offset that it began with.
    pub from: i64,
    /// The offset that it ends before, as of its beginning.
    pub end: i64,
    /// Offsets passed so far, of `end - from`: compaction and transactions leave gaps, so that there may
    /// be fewer records.
    pub passed: i64,
    /// Records taken so far.
    pub records: u64,
}

/// Hears of restores (Kafka Streams' `StateRestoreListener`), from the threads of the workers, which
/// wait for it.
pub trait RestoreListener: Send + Sync {
    /// A store begins to be restored.
    fn on_restore_start(&self, restore: &StoreRestore<'_>) {
        let _ = restore;
    }

    /// So many records of its changelog are in.
    fn on_batch_restored(&self, restore: &StoreRestore<'_>, records: u64) {
        let _ = (restore, records);
    }

    /// It is up to date.
    fn on_restore_end(&self, restore: &StoreRestore<'_>) {
        let _ = restore;
    }

    /// Its task has gone to another worker or process before it was.
    fn on_restore_suspended(&self, restore: &StoreRestore<'_>) {
        let _ = restore;
    }
}

/// A listener as part of a [`Config`](crate::Config): `Arc::new(mine).into()`.
#[derive(Clone)]
pub struct Listener(pub Arc<dyn RestoreListener>);

impl<L: RestoreListener + 'static> From<Arc<L>> for Listener {
    fn from(listener: Arc<L>) -> Self {
        Self(listener)
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}
