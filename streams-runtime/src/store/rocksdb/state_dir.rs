//! The state directory of a process.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rocksdb::{
    BoundColumnFamily, ColumnFamilyDescriptor, DBWithThreadMode, FlushOptions, MultiThreaded,
    WriteBatch, WriteOptions,
};

use super::bulk;
use super::directory::{Contents, Directory};
use super::task::TaskStores;
use super::tuning::Tuning;
use crate::config::Properties;
use crate::error::{Error, ErrorKind, ErrorName, Result};

/// How to open a state directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateOptions {
    /// Memory for memtables, blocks, indexes and filters of all stores together.
    pub memory_bytes: usize,
    /// Options of RocksDB by its own names, with their values as RocksDB reads them.
    pub rocksdb: Properties,
}

impl Default for StateOptions {
    fn default() -> Self {
        Self { memory_bytes: 64 << 20, rocksdb: Properties::default() }
    }
}

/// The column family of the changelog positions. Those of stores begin with [`STORE`].
pub(super) const POSITIONS: &str = "positions";
const STORE: &str = "store:";

const CONTENTS: Contents =
    Contents { name: "streams-state", version: 1, advice: "choose another state directory" };

type Db = DBWithThreadMode<MultiThreaded>;

/// The state of all tasks of a process. Cheap to clone; the directory belongs to the process until
/// the last clone and the last [`TaskStores`] are gone.
#[derive(Clone)]
pub struct StateDir(Arc<Shared>);

/// What is behind a [`StateDir`].
pub(super) struct Shared {
    pub(super) db: Db,
    directory: Directory,
    process: String,
    tuning: Tuning,
    /// The column families there are; the lock lets new ones come one at a time.
    families: Mutex<BTreeSet<String>>,
}

impl StateDir {
    /// Opens the state in a directory, which is created, for this user only, where it is missing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if the directory is in use, holds something else, or cannot be written, or
    /// if RocksDB does not know an option; [`ErrorKind::Fatal`] if the files in it cannot be opened.
    /// Damaged ones are set aside, as they hold nothing that is not in the changelogs.
    pub fn open(dir: &Path, options: &StateOptions) -> Result<Self> {
        let directory = Directory::claim(dir, CONTENTS)?;
        let process = directory.process()?;
        if directory.is_damaged() {
            set_aside(&directory, "a read of it failed")?;
        }
        bulk::clear(directory.path())?;
        let tuning = Tuning::new(options)?;
        let (db, families) = match open(&directory, &tuning) {
            // Only a copy of what is in the changelogs.
            Err(e) if is_damage(&e) => {
                set_aside(&directory, &e)?;
                open(&directory, &tuning).map_err(|e| cannot_open(&directory, e))?
            }
            opened => opened.map_err(|e| cannot_open(&directory, e))?,
        };
        let families = Mutex::new(families);
        Ok(Self(Arc::new(Shared { db, directory, process, tuning, families })))
    }

    /// Removes the state in a directory. One that is not there has none.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if the directory is in use, holds something else, or cannot be written.
    pub fn remove(dir: &Path) -> Result<()> {
        if !dir.exists() {
            return Ok(());
        }
        let directory = Directory::claim(dir, CONTENTS)?;
        let database = directory.database();
        match std::fs::remove_dir_all(&database) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::with_source(
                ErrorKind::Config,
                format!("{} cannot be removed: {e}", database.display()),
                e,
            )),
            _ => Ok(()),
        }
    }

    /// The stores of a task. `stores` are their names in the order by which a
    /// [`FlushBatch`](streams_core::store::FlushBatch) numbers them; `partition` is the task's.
    ///
    /// # Errors
    /// [`ErrorKind::Fatal`] if a store that is not there yet cannot be created.
    pub fn task(&self, partition: i32, stores: &[&str]) -> Result<TaskStores> {
        for name in stores {
            self.0.create(name)?;
        }
        Ok(TaskStores::new(Arc::clone(&self.0), partition, stores))
    }

    /// The names of the stores in the directory, also of those that the topology has no more.
    pub fn stores(&self) -> Vec<String> {
        let names = self.0.families();
        names.iter().filter_map(|name| name.strip_prefix(STORE)).map(str::to_owned).collect()
    }

    /// Writes everything in memory to disk: what was written before survives a crash.
    ///
    /// # Errors
    /// [`ErrorKind::Poisoned`] if the disk cannot be written.
    pub fn flush(&self) -> Result<()> {
        self.0.flush()
    }

    /// The name of whatever works on this directory, which no other directory has.
    pub fn process(&self) -> &str {
        &self.0.process
    }

    /// For log lines: `state in DIR`.
    pub fn describe(&self) -> String {
        format!("state in {}", self.0.directory.path().display())
    }
}

/// The name of a store's column family.
pub(super) fn store_family(store: &str) -> String {
    format!("{STORE}{store}")
}

impl Shared {
    /// As [`StateDir::flush`].
    pub(super) fn flush(&self) -> Result<()> {
        let names = self.families();
        let families: Vec<_> = names.iter().filter_map(|n| self.db.cf_handle(n)).collect();
        let families: Vec<_> = families.iter().collect();
        let mut options = FlushOptions::default();
        options.set_wait(true);
        self.db.flush_cfs_opt(&families, &options).map_err(|e| self.unwritable(e))
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(super) fn tuning(&self) -> &Tuning {
        &self.tuning
    }

    fn create(&self, store: &str) -> Result<()> {
        let name = store_family(store);
        let mut families = self.families();
        if families.contains(&name) {
            return Ok(());
        }
        self.db.create_cf(&name, self.tuning.store()).map_err(|e| {
            let path = self.directory.path().display();
            let text = format!("the store {store} cannot be created in {path}: {e}");
            Error::with_source(ErrorKind::Fatal, text, e)
        })?;
        families.insert(name);
        Ok(())
    }

    fn families(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.families.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn family(&self, name: &str) -> Result<Arc<BoundColumnFamily<'_>>> {
        self.db.cf_handle(name).ok_or_else(|| {
            let path = self.directory.path().display();
            Error::new(ErrorKind::Fatal, format!("the state in {path} lacks `{name}`"))
        })
    }

    pub(super) fn write(&self, batch: WriteBatch) -> Result<()> {
        let mut options = WriteOptions::default();
        options.disable_wal(true);
        self.db.write_opt(batch, &options).map_err(|e| self.unwritable(e))
    }

    pub(super) fn unwritable(&self, e: rocksdb::Error) -> Error {
        let path = self.directory.path().display();
        let text = format!("the state in {path} cannot be written: {e}");
        Error::with_source(ErrorKind::Poisoned, text, e)
    }

    pub(super) fn unreadable(&self, e: rocksdb::Error) -> Error {
        if is_damage(&e)
            && let Err(e) = self.directory.mark_damaged()
        {
            tracing::warn!("{}: {e}", self.directory.path().display());
        }
        damaged(unreadable_text(&self.directory, "read", &e), e)
    }
}

/// The database with the column families that there are.
fn open(
    directory: &Directory,
    tuning: &Tuning,
) -> std::result::Result<(Db, BTreeSet<String>), rocksdb::Error> {
    let database = tuning.database();
    let path = directory.database();
    let own = [rocksdb::DEFAULT_COLUMN_FAMILY_NAME, POSITIONS];
    let mut families = BTreeSet::from(own.map(str::to_owned));
    if path.join("CURRENT").exists() {
        let known = Db::list_cf(database, &path)?;
        families.extend(known.into_iter().filter(|name| name.starts_with(STORE)));
    }
    let descriptors =
        families.iter().map(|name| ColumnFamilyDescriptor::new(name, tuning.store().clone()));
    let db = Db::open_cf_descriptors(database, &path, descriptors)?;
    Ok((db, families))
}

/// A file that another one names and that is not there is damage, too; RocksDB says so by the
/// system's text only.
fn is_damage(e: &rocksdb::Error) -> bool {
    let missing = || e.to_string().contains("No such file or directory");
    match e.kind() {
        rocksdb::ErrorKind::Corruption => true,
        rocksdb::ErrorKind::IOError => missing(),
        _ => false,
    }
}

/// Lets damaged files be, so that state is rebuilt without them.
fn set_aside(directory: &Directory, why: impl std::fmt::Display) -> Result<()> {
    let aside = directory.set_aside()?;
    tracing::error!(
        "the state in {} is damaged ({why}): its files are set aside in {}, and it is rebuilt from \
         the changelogs; what has no changelog is lost",
        directory.path().display(),
        aside.display()
    );
    Ok(())
}

fn cannot_open(directory: &Directory, e: rocksdb::Error) -> Error {
    damaged(unreadable_text(directory, "opened", &e), e)
}

fn damaged(text: String, e: rocksdb::Error) -> Error {
    let damaged = is_damage(&e);
    let error = Error::with_source(ErrorKind::Fatal, text, e);
    if damaged { error.named(ErrorName::StateDamaged) } else { error }
}

fn unreadable_text(directory: &Directory, what: &str, e: &rocksdb::Error) -> String {
    let advice = match is_damage(e) {
        true => "; start again: its files will be set aside, and it is rebuilt from the changelogs",
        false => "",
    };
    format!("the state in {} cannot be {what}: {e}{advice}", directory.path().display())
}
