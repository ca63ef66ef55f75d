//! The Kafka side of the broker seam, against a real broker.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod data;
mod group;
mod support;
mod topics;
mod transactions;
