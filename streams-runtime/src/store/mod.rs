//! State on disk.

pub mod rocksdb;
