//! Every kind of store against a plain map: whatever was put, deleted, flushed, evicted and restored
//! before, each read and scan gives what the map has. On RocksDB and in memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

mod ends_of_time;
mod key_value;
mod place;
mod session;
mod versioned;
mod window;
