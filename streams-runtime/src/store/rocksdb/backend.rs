//! The rows of one store of one task.

use std::sync::{Arc, Mutex, PoisonError};

use rocksdb::{BoundColumnFamily, ReadOptions};
use streams_core::store::{Backend, EachRow};
use streams_core::{Error, ErrorKind, Result};

use super::state_dir::Shared;
use super::task::prefix_end;

/// See the module.
pub(super) struct RocksBackend {
    shared: Arc<Shared>,
    family: String,
    prefix: [u8; 4],
    /// The partition and a key, put together for each read. Never contended: tasks of one thread read,
    /// and global tables under their own lock.
    key: Mutex<Vec<u8>>,
}

impl RocksBackend {
    pub(super) fn new(shared: Arc<Shared>, family: String, prefix: [u8; 4]) -> Self {
        Self { shared, family, prefix, key: Mutex::new(prefix.to_vec()) }
    }

    fn family(&self) -> Result<Arc<BoundColumnFamily<'_>>> {
        let missing =
            |e: crate::error::Error| Error::with_source(ErrorKind::Store, e.to_string(), e);
        self.shared.family(&self.family).map_err(missing)
    }

    fn unreadable(&self, e: rocksdb::Error) -> Error {
        let e = self.shared.unreadable(e);
        Error::with_source(ErrorKind::Store, e.to_string(), e).at(|| self.family.replace(':', " "))
    }

    fn prefixed(&self, key: &[u8]) -> Vec<u8> {
        [&self.prefix[..], key].concat()
    }
}

impl Backend for RocksBackend {
    fn get(&self, key: &[u8], found: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let family = self.family()?;
        let row = {
            let mut buffer = self.key.lock().unwrap_or_else(PoisonError::into_inner);
            buffer.truncate(self.prefix.len());
            buffer.extend_from_slice(key);
            self.shared.db.get_pinned_cf(&family, &*buffer)
        };
        match row.map_err(|e| self.unreadable(e))? {
            Some(row) => found(&row),
            None => Ok(()),
        }
    }

    fn scan(
        &self,
        from: &[u8],
        to: Option<&[u8]>,
        reverse: bool,
        each: &mut EachRow<'_>,
    ) -> Result<()> {
        let first = self.prefixed(from);
        let end = to.map_or_else(|| prefix_end(self.prefix), |to| self.prefixed(to));
        if first >= end {
            return Ok(());
        }
        let mut bounds = ReadOptions::default();
        bounds.set_iterate_range(first..end);
        let family = self.family()?;
        let mut rows = self.shared.db.raw_iterator_cf_opt(&family, bounds);
        if reverse {
            rows.seek_to_last();
        } else {
            rows.seek_to_first();
        }
        while let Some((key, value)) = rows.item() {
            let key = key.get(self.prefix.len()..).unwrap_or(&[]);
            if !each(key, value)? {
                return Ok(());
            }
            if reverse {
                rows.prev();
            } else {
                rows.next();
            }
        }
        rows.status().map_err(|e| self.unreadable(e))
    }

    fn is_empty(&self) -> Result<bool> {
        let mut empty = true;
        self.scan(&[], None, false, &mut |_, _| {
            empty = false;
            Ok(false)
        })?;
        Ok(empty)
    }
}
