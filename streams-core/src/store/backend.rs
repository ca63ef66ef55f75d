//! What a store keeps its rows in when they leave memory: ordered bytes.

use crate::Result;

/// What [`Backend::scan`] calls with each row's key and bytes; `false` ends the scan.
pub type EachRow<'a> = dyn FnMut(&[u8], &[u8]) -> Result<bool> + 'a;

/// An ordered map of bytes on disk, for one store of one task. Only reads: writes go through a
/// [`FlushBatch`], so that all stores of a task and their changelog positions are written at once.
pub trait Backend: Send + Sync {
    /// Calls `found` with the value of `key`, if there is one.
    ///
    /// # Errors
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) if the disk cannot be read.
    fn get(&self, key: &[u8], found: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()>;

    /// Calls `each` with the rows whose key is `>= from` and, where `to` is given, `< to`, in
    /// ascending order of keys (descending if `reverse`), until it returns `false`.
    ///
    /// # Errors
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) if the disk cannot be read.
    fn scan(
        &self,
        from: &[u8],
        to: Option<&[u8]>,
        reverse: bool,
        each: &mut EachRow<'_>,
    ) -> Result<()>;

    /// True if there is no row: then what is not in memory does not exist, and no read is needed.
    ///
    /// # Errors
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) if the disk cannot be read.
    fn is_empty(&self) -> Result<bool>;
}

/// One change of a row in a [`FlushBatch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlushOp<'a> {
    /// Sets the row `key`.
    Put {
        /// Encoded key.
        key: &'a [u8],
        /// Encoded row.
        value: &'a [u8],
    },
    /// Deletes the row `key`.
    Delete {
        /// Encoded key.
        key: &'a [u8],
    },
    /// Deletes the rows with `from <= key < to`.
    DeleteRange {
        /// First key that goes.
        from: &'a [u8],
        /// First key that stays.
        to: &'a [u8],
    },
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    store: u16,
    kind: Kind,
    from: usize,
    middle: usize,
    to: usize,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Put,
    Delete,
    DeleteRange,
}

/// Changes of rows over all stores of a task, in order, to be written as one.
#[derive(Debug, Default)]
pub struct FlushBatch {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    store: u16,
}

impl FlushBatch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// The following changes belong to the task's store of this number.
    pub fn select(&mut self, store: u16) {
        self.store = store;
    }

    /// Number of changes.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if there is no change.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of keys and rows.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Forgets the changes, keeping the allocation.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
    }

    /// Sets a row; `key` and `value` append their encoding.
    pub fn put(
        &mut self,
        key: impl FnOnce(&mut Vec<u8>) -> Result<()>,
        value: impl FnOnce(&mut Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        self.push(Kind::Put, key, value)
    }

    /// Deletes a row.
    pub fn delete(&mut self, key: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
        self.push(Kind::Delete, key, |_| Ok(()))
    }

    /// Deletes the rows with `from <= key < to`.
    pub fn delete_range(&mut self, from: &[u8], to: &[u8]) -> Result<()> {
        let append = |bytes: &[u8]| {
            let bytes = bytes.to_vec();
            move |out: &mut Vec<u8>| {
                out.extend_from_slice(&bytes);
                Ok(())
            }
        };
        self.push(Kind::DeleteRange, append(from), append(to))
    }

    fn push(
        &mut self,
        kind: Kind,
        key: impl FnOnce(&mut Vec<u8>) -> Result<()>,
        value: impl FnOnce(&mut Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        let from = self.bytes.len();
        let written = key(&mut self.bytes).and_then(|()| {
            let middle = self.bytes.len();
            value(&mut self.bytes).map(|()| middle)
        });
        match written {
            Ok(middle) => {
                let to = self.bytes.len();
                self.entries.push(Entry { store: self.store, kind, from, middle, to });
                Ok(())
            }
            Err(e) => {
                self.bytes.truncate(from);
                Err(e)
            }
        }
    }

    /// The changes in order, each with the number of its store.
    pub fn iter(&self) -> impl Iterator<Item = (u16, FlushOp<'_>)> {
        self.entries.iter().map(|e| {
            let key = self.bytes.get(e.from..e.middle).unwrap_or(&[]);
            let value = self.bytes.get(e.middle..e.to).unwrap_or(&[]);
            let op = match e.kind {
                Kind::Put => FlushOp::Put { key, value },
                Kind::Delete => FlushOp::Delete { key },
                Kind::DeleteRange => FlushOp::DeleteRange { from: key, to: value },
            };
            (e.store, op)
        })
    }
}
