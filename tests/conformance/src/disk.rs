//! Stores on RocksDB, made to forget: after each input everything goes to disk and out of memory, so
//! that every read is one from disk.

use std::cell::Cell;

use streams::runtime::store::rocksdb::{StateDir, StateOptions, TaskStores};
use streams::store::FlushBatch;
use streams::test_driver::Driver;

/// A state directory for many cases: each is a task of its own in it.
pub struct Disks {
    state: StateDir,
    cases: Cell<i32>,
    _dir: tempfile::TempDir,
}

impl Disks {
    /// A directory that goes with this.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn new() -> Result<Self, String> {
        let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
        let state = StateDir::open(dir.path(), &StateOptions::default());
        Ok(Self { state: state.map_err(|e| e.to_string())?, cases: Cell::new(0), _dir: dir })
    }
}

/// The stores of one case.
pub(crate) struct Disk {
    stores: TaskStores,
}

impl Disk {
    /// Opens all stores of a fresh driver.
    pub(crate) fn open(disks: &Disks, driver: &mut Driver) -> Result<Option<Self>, String> {
        let mut names = Vec::new();
        let listed = driver.for_each_store(|store| {
            names.push(store.name());
            Ok(())
        });
        listed.map_err(|e| e.to_string())?;
        if names.is_empty() {
            return Ok(None);
        }
        disks.cases.set(disks.cases.get() + 1);
        let stores = disks.state.task(disks.cases.get(), &names).map_err(|e| e.to_string())?;
        let mut number = 0;
        let opened = driver.for_each_store(|store| {
            let backend = stores.backend(number).map_err(|e| in_core(&e))?;
            number += 1;
            store.open(backend)
        });
        opened.map_err(|e| e.to_string())?;
        Ok(Some(Self { stores }))
    }

    /// Writes what the stores owe, and empties their memory.
    pub(crate) fn forget(&self, driver: &mut Driver) -> Result<(), String> {
        let mut batch = FlushBatch::new();
        let mut number = 0;
        let flushed = driver.for_each_store(|store| {
            batch.select(number);
            number += 1;
            store.flush(&mut batch)
        });
        flushed.map_err(|e| e.to_string())?;
        self.stores.write(&batch, &[]).map_err(|e| e.to_string())?;
        let emptied = driver.for_each_store(|store| {
            store.flushed();
            // What is owed to the changelog stays in memory; here nobody takes it.
            let mut unread = streams::Output::new();
            store.log_changes(0, &mut unread)?;
            store.shrink(0);
            Ok(())
        });
        emptied.map_err(|e| e.to_string())
    }
}

fn in_core(e: &streams::runtime::Error) -> streams::Error {
    streams::Error::new(streams::ErrorKind::Store, e.to_string())
}
