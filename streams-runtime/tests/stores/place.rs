//! Where a store under test keeps its rows, and what a worker does with it there.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI32, Ordering};

use proptest::prelude::*;
use streams_core::output::TopicIndex;
use streams_core::store::{FlushBatch, StateStore};
use streams_core::{Output, RecordRef};
use streams_runtime::store::rocksdb::{StateDir, StateOptions, TaskStores};

static DISK: LazyLock<(tempfile::TempDir, StateDir)> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let state = StateDir::open(dir.path(), &StateOptions::default()).unwrap();
    (dir, state)
});

/// Each case is a task of its own in one state directory.
static TASKS: AtomicI32 = AtomicI32::new(0);

pub(crate) const CHANGELOG: Option<TopicIndex> = Some(TopicIndex(0));

/// A disk, or none.
pub(crate) struct Place(Option<TaskStores>);

/// What a worker does with a store between records.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Upkeep {
    Commit,
    Flush,
    Evict,
    /// Everything goes to disk, and a new instance takes it from there.
    Restart,
}

pub(crate) fn upkeep() -> impl Strategy<Value = Upkeep> {
    prop_oneof![
        Just(Upkeep::Commit),
        Just(Upkeep::Flush),
        Just(Upkeep::Evict),
        Just(Upkeep::Restart)
    ]
}

impl Place {
    pub(crate) fn new(on_disk: bool) -> Self {
        let number = TASKS.fetch_add(1, Ordering::Relaxed);
        Self(on_disk.then(|| DISK.1.task(number, &["store"]).unwrap()))
    }

    /// An instance of a store in this place.
    pub(crate) fn open<S: StateStore>(&self, mut store: S) -> S {
        if let Some(disk) = &self.0 {
            store.open(disk.backend(0).unwrap()).unwrap();
        }
        store
    }

    /// What is on disk.
    pub(crate) fn backend(&self) -> Box<dyn streams_core::store::Backend> {
        self.0.as_ref().unwrap().backend(0).unwrap()
    }

    fn write(&self, store: &mut impl StateStore) {
        if let Some(disk) = &self.0 {
            let mut batch = FlushBatch::new();
            batch.select(0);
            store.flush(&mut batch).unwrap();
            disk.write(&batch, &[]).unwrap();
            store.flushed();
        }
    }

    fn commit(store: &mut impl StateStore) {
        store.log_changes(0, &mut Output::new()).unwrap();
    }

    pub(crate) fn keep<S: StateStore>(&self, store: S, what: Upkeep, new: fn() -> S) -> S {
        let mut store = store;
        match what {
            Upkeep::Commit => Self::commit(&mut store),
            Upkeep::Flush => self.write(&mut store),
            Upkeep::Evict => {
                self.write(&mut store);
                Self::commit(&mut store);
                let half = store.memory() / 2;
                store.shrink(half);
                store.shrink(half);
            }
            Upkeep::Restart if self.0.is_some() => {
                self.write(&mut store);
                return self.open(new());
            }
            Upkeep::Restart => {}
        }
        store
    }

    /// What a store logged, into a new instance: `records` through the changelog.
    pub(crate) fn restore<S: StateStore>(&self, mut logged: S, new: fn() -> S) -> S {
        let mut changelog = Output::new();
        logged.log_changes(0, &mut changelog).unwrap();
        let mut store = self.open(new());
        let mut batch = FlushBatch::new();
        batch.select(0);
        for record in changelog.iter() {
            let record = RecordRef::new(0, record.timestamp, record.key, record.value);
            store.restore(&record, &mut batch).unwrap();
        }
        if let Some(disk) = &self.0 {
            disk.write(&batch, &[]).unwrap();
        }
        store.restored().unwrap();
        store
    }
}

/// Keys that are the beginning of others, are empty, or hold zeros.
pub(crate) fn keys() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "\0", "a", "a\0", "a\0\0", "a\0b", "aa", "ab", "b", "ba"])
        .prop_map(str::to_owned)
}

/// Bounds of a range of keys.
pub(crate) type Bounds = (std::ops::Bound<String>, std::ops::Bound<String>);

pub(crate) fn bounds() -> impl Strategy<Value = Bounds> {
    use std::ops::Bound::{Excluded, Included, Unbounded};
    let one = || {
        (keys(), 0..3).prop_map(|(key, kind)| match kind {
            0 => Included(key),
            1 => Excluded(key),
            _ => Unbounded,
        })
    };
    (one(), one())
}

/// `reverse` as asked.
pub(crate) fn in_order<T>(mut rows: Vec<T>, reverse: bool) -> Vec<T> {
    if reverse {
        rows.reverse();
    }
    rows
}
