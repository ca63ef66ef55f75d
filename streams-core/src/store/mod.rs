//! State stores.
//!
//! A store is a typed write-back `cache` over rows of bytes. The hot path of an operator is one
//! hash lookup that gives a `&mut` to the value; bytes are written once per key and commit to the
//! changelog, and once per key and flush to the disk.
//!
//! Two kinds of dirt, kept apart so that a short commit interval does not cost a disk write for
//! every update:
//! - *unlogged*: changed since the last commit, owed to the changelog;
//! - *unflushed*: changed since the last flush, owed to the disk. After a crash the changelog
//!   replays what the disk lacks.

mod backend;
mod buffered;
mod cache;
mod clock;
mod expiry;
mod global;
mod home;
mod join_buffer;
mod key_value;
#[cfg(test)]
mod laws;
mod ledger;
mod order;
mod ordered;
mod queryable;
mod resident;
mod row;
mod scan;
mod span;
mod subscription;
mod suppress;
mod unmatched;
mod versioned;
mod window;

pub use backend::{Backend, EachRow, FlushBatch, FlushOp};
pub use buffered::Buffered;
pub use cache::Slot;
pub use clock::ClockStore;
pub use global::{GlobalRow, GlobalState, GlobalTable, Globals};
pub use join_buffer::JoinBuffer;
pub use key_value::KeyValueStore;
pub use queryable::{Queryable, QueryableGlobal, ReadOnly};
pub use row::Row;
pub use scan::{Found, Scan};
pub use span::{Rows, SessionSpan, Span, SpanStore, WindowSpan};
pub use subscription::SubscriptionStore;
pub use suppress::{Origin, SuppressStore, Suppressed};
pub use unmatched::{Either, UnmatchedStore};
pub use versioned::{Placed, Validity, Version, VersionedStore};
pub use window::WindowStore;

use crate::{Output, RecordRef, Result};

/// What the driver of a task does with a store, whatever its types.
pub trait StateStore: Send {
    /// Name in the language.
    fn name(&self) -> &'static str;

    /// Gives the store its rows on disk; without, it is kept in memory only.
    ///
    /// # Errors
    /// If the disk cannot be read.
    fn open(&mut self, backend: Box<dyn Backend>) -> Result<()>;

    /// Writes what has changed since the last call to the changelog topic of the store.
    ///
    /// # Errors
    /// If a key or value cannot be encoded.
    fn log_changes(&mut self, partition: i32, output: &mut Output) -> Result<()>;

    /// Writes what has changed since the last flush as rows. Only between a commit and the next
    /// record. What it wrote is forgotten by [`flushed`](Self::flushed), once it is on disk.
    ///
    /// # Errors
    /// If a key or value cannot be encoded.
    fn flush(&mut self, batch: &mut FlushBatch) -> Result<()>;

    /// The batch of the last [`flush`](Self::flush) has been written.
    fn flushed(&mut self);

    /// Applies a record of the changelog: as a row of `batch` where the store has a disk, otherwise
    /// in memory.
    ///
    /// # Errors
    /// If the record cannot be a row of this store.
    fn restore(&mut self, record: &RecordRef<'_>, batch: &mut FlushBatch) -> Result<()>;

    /// All restored rows have been written.
    ///
    /// # Errors
    /// If the disk cannot be read.
    fn restored(&mut self) -> Result<()>;

    /// Approximate bytes in memory.
    fn memory(&self) -> usize;

    /// Approximate bytes in memory that the next commit writes to the changelog.
    fn uncommitted(&self) -> usize {
        0
    }

    /// Gives memory back, down to about `target` bytes, as far as entries are on disk.
    fn shrink(&mut self, target: usize);

    /// Every row as its changelog would have it, ordered by encoded key: key, value, timestamp.
    ///
    /// # Errors
    /// If the disk cannot be read.
    fn rows(&self) -> Result<Vec<Row>>;

    /// The rows that a lookup as of `time` finds, in milliseconds since the Unix epoch. Only a versioned
    /// store knows of other times than now.
    ///
    /// # Errors
    /// If the disk cannot be read.
    fn rows_as_of(&self, time: i64) -> Result<Vec<Row>> {
        let _ = time;
        self.rows()
    }
}

/// A store of windows, as far as their closing needs it.
pub trait WindowRows<K, V> {
    /// The key that these bytes stand for, and what its window holds, with its timestamp.
    ///
    /// # Errors
    /// If the disk cannot be read.
    fn row(&mut self, key: &[u8], time: i64, start: i64) -> Result<Option<(K, V, i64)>>;

    /// Calls `each` with the key, time and start of every row.
    ///
    /// # Errors
    /// If the disk cannot be read.
    fn each_span(&self, each: &mut dyn FnMut(&[u8], i64, i64)) -> Result<()>;
}
