//! The state of a process's tasks on disk: one RocksDB, a column family for each store.
//!
//! The changelog is the truth and this is a copy that is quick to open, so there is no write-ahead
//! log. RocksDB writes all column families to disk at one point in time (`atomic_flush`), and the
//! changelog positions lie among them: after a crash the rows and positions are those of some
//! earlier [`TaskStores::write`], and what came later is read from the changelog again. Without
//! `atomic_flush` stores and positions disagreed after every one of eight kills.

mod backend;
mod bulk;
mod directory;
mod health;
mod positions;
mod state_dir;
mod task;
mod tuning;

#[cfg(test)]
mod tests;

pub(crate) use bulk::BulkLoad;
pub(crate) use directory::{Contents, Directory};
pub use state_dir::{StateDir, StateOptions};
pub use task::TaskStores;
