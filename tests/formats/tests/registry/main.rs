//! Formats with a schema registry: in memory, and (tests marked `ignored`) on a real server, whose
//! address is in `STREAMS_TEST_REGISTRY`; `cargo xtask test` starts one.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod memory;
mod server;
mod topologies;
mod types;
