//! The log that all clients of a process share: its database, its topics, and the commit.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use rocksdb::{ColumnFamily, DB, FlushOptions, WriteBatch, WriteOptions};

use super::Durability;
use super::batch::{Damage, NO_HORIZON};
use super::keys;
use super::producer::Pending;
use super::topic::{Partition, Topic};
use super::tuning;
use super::wake::{Wake, locked};
use crate::broker::{OffsetAndTime, TopicPartition};
use crate::error::{Error, ErrorKind, Result};
use crate::store::rocksdb::Directory;

/// The shared part of an embedded log.
pub(super) struct Log {
    pub(super) db: DB,
    directory: Directory,
    sync: bool,
    pub(super) topics: RwLock<BTreeMap<Arc<str>, Arc<Topic>>>,
    /// Commits, and changes of topics, one at a time. Two workers that write to the same
    /// repartition topic must be ordered in any case, and RocksDB has one writer at a time.
    pub(super) commit: Mutex<()>,
    pub(super) wake: Wake,
    /// What the first failed write said.
    poisoned: OnceLock<String>,
}

/// A committed position: topic, partition, offset of the next record to read.
pub(super) type CommittedOffset = (Arc<Topic>, u32, OffsetAndTime);

impl Log {
    /// Opens the database in a claimed directory and reads what there is.
    pub(super) fn open(directory: Directory, durability: Durability) -> Result<Self> {
        let path = directory.database();
        let closed = directory.take_closed()?;
        let options = tuning::database();
        let db = DB::open_cf_descriptors(&options, &path, tuning::families());
        let db = db.map_err(|e| {
            let kind = match e.kind() {
                rocksdb::ErrorKind::Corruption => ErrorKind::Fatal,
                _ => ErrorKind::Config,
            };
            Error::with_source(
                kind,
                format!("the embedded log in {} cannot be opened: {e}", directory.path().display()),
                e,
            )
        })?;
        if closed.is_some_and(|sequence| sequence != db.latest_sequence_number()) {
            return Err(Error::new(
                ErrorKind::Fatal,
                format!(
                    "the embedded log in {} is damaged: a part of what was in it when it was closed \
                     is missing; restore the directory from a copy",
                    directory.path().display()
                ),
            ));
        }
        directory.forget_closed()?;
        let log = Self {
            db,
            directory,
            sync: durability == Durability::Fsync,
            topics: RwLock::default(),
            commit: Mutex::new(()),
            wake: Wake::default(),
            poisoned: OnceLock::new(),
        };
        let topics = log.load_topics()?;
        *log.topics.write().unwrap_or_else(PoisonError::into_inner) = topics;
        Ok(log)
    }

    pub(super) fn describe(&self) -> String {
        format!("embedded log in {}", self.directory.path().display())
    }

    pub(super) fn family(&self, name: &'static str) -> Result<&ColumnFamily> {
        self.db.cf_handle(name).ok_or_else(|| {
            let text = format!("{} lacks the column family {name}", self.describe());
            Error::new(ErrorKind::Fatal, text)
        })
    }

    /// The topic of this name, or an error that it is missing.
    pub(super) fn topic(&self, name: &str) -> Result<Arc<Topic>> {
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        topics.get(name).cloned().ok_or_else(|| {
            Error::config(format!("topic {name} does not exist in the {}", self.describe()))
        })
    }

    /// Writes the pending records and the group's offsets as one, and publishes them.
    pub(super) fn commit(
        &self,
        pending: &mut [Pending],
        group: &str,
        offsets: &[CommittedOffset],
    ) -> Result<()> {
        let bytes: usize = pending.iter().map(Pending::bytes).sum();
        if bytes == 0 && offsets.is_empty() {
            return Ok(());
        }
        let (log, meta) = (self.family(keys::LOG)?, self.family(keys::META)?);
        let mut batch = WriteBatch::with_capacity_bytes(bytes + (bytes >> 8) + 4096);
        let _one_at_a_time = locked(&self.commit);
        let mut published = Vec::with_capacity(pending.len());
        for Pending { topic, partition: number, batches } in pending.iter_mut() {
            topic.must_exist()?;
            let (_, partition) = topic.partition(*number as i32)?;
            let mut end = partition.end();
            let mut written = partition.written.load(Ordering::Acquire);
            for records in batches.iter_mut().filter(|b| !b.is_empty()) {
                let count = records.count();
                let value = records.finish(end, count - 1, NO_HORIZON);
                batch.put_cf(log, keys::batch(topic.id, *number, end), value);
                end += i64::from(count);
                written += value.len() as u64;
            }
            if end > partition.end() {
                let value = Partition::encode_end(end, written);
                batch.put_cf(meta, keys::end(topic.id, *number), value);
                published.push((Arc::clone(topic), *number, end, written));
            }
        }
        for (topic, partition, at) in offsets {
            topic.must_exist()?;
            let value = [at.offset.to_le_bytes(), at.time.to_le_bytes()].concat();
            batch.put_cf(meta, keys::committed(topic.id, *partition, group), value);
        }
        self.write(batch)?;
        for (topic, number, end, written) in &published {
            let (_, partition) = topic.partition(*number as i32)?;
            partition.written.store(*written, Ordering::Release);
            partition.end.store(*end, Ordering::Release);
        }
        drop(_one_at_a_time);
        if !published.is_empty() {
            self.wake.notify();
        }
        Ok(())
    }

    /// What a commit of this offset writes; refuses one that the partition does not have.
    pub(super) fn position(
        &self,
        place: &TopicPartition,
        at: OffsetAndTime,
    ) -> Result<CommittedOffset> {
        let offset = at.offset;
        let topic = self.topic(&place.topic)?;
        let (number, partition) = topic.partition(place.partition)?;
        if offset < 0 || offset > partition.end() {
            return Err(Error::config(format!(
                "offset {offset} of {place} cannot be committed: the partition ends at {}",
                partition.end()
            )));
        }
        Ok((topic, number, at))
    }

    /// Writes a batch as durably as the log was opened for. After a failure nothing more is
    /// written: what is on disk is no longer known.
    pub(super) fn write(&self, batch: WriteBatch) -> Result<()> {
        if let Some(failure) = self.poisoned.get() {
            let text = format!(
                "the {} takes no more writes since one has failed ({failure}): remove the cause, \
                 then start again; nothing that was committed is lost",
                self.describe()
            );
            return Err(Error::new(ErrorKind::Fatal, text));
        }
        let mut options = WriteOptions::default();
        options.set_sync(self.sync);
        self.db.write_opt(batch, &options).map_err(|e| {
            // The first one is the one to tell.
            let _ = self.poisoned.set(e.to_string());
            let text = format!("the {} cannot be written: {e}", self.describe());
            Error::with_source(ErrorKind::Poisoned, text, e)
        })
    }

    pub(super) fn unreadable(&self, e: rocksdb::Error) -> Error {
        let text = format!("the {} cannot be read: {e}", self.describe());
        Error::with_source(ErrorKind::Fatal, text, e)
    }

    /// A batch that is not one: names the place. There is no repair, since there is no second copy.
    pub(super) fn damaged(&self, place: &TopicPartition, offset: i64, damage: Damage) -> Error {
        let text = format!(
            "the {} is damaged: the batch at offset {offset} of {place} {}; restore the directory \
             from a copy, or delete the records up to there",
            self.describe(),
            damage.0
        );
        Error::new(ErrorKind::Fatal, text)
    }
}

impl Drop for Log {
    /// Brings everything from the write-ahead log into files with checksums, so that damage to a
    /// log that is closed is found when it is opened.
    fn drop(&mut self) {
        if self.poisoned.get().is_some() {
            return;
        }
        let mut wait = FlushOptions::default();
        wait.set_wait(true);
        let families: Vec<_> =
            [keys::LOG, keys::META].iter().filter_map(|name| self.db.cf_handle(name)).collect();
        let flushed = self.db.flush_cfs_opt(&families, &wait).map_err(|e| e.to_string());
        let sequence = self.db.latest_sequence_number();
        let marked =
            flushed.and_then(|()| self.directory.mark_closed(sequence).map_err(|e| e.to_string()));
        if let Err(e) = marked {
            tracing::warn!("the {} could not be closed well: {e}", self.describe());
        }
    }
}
