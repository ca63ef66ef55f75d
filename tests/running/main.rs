//! Topologies on several partitions: on the embedded log, and on a real broker.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod acl;
mod clock_calls_topics;
mod declared_windows;
mod foreign_key;
mod global_table;
mod partition_time;
mod queries;
mod source_changelog;
mod support;
