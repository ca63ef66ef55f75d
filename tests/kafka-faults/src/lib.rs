//! Faults against an application on a real broker, and a verifier of what readers of its results see.
//!
//! `cargo xtask faults kafka` runs it. The input has a sequence number for each key; every topology makes of
//! it results that carry a number which must go 1, 2, 3 … for each key, so that one verifier does for
//! all of them.
#![allow(
    clippy::disallowed_methods,
    reason = "these programs are an edge: they read clocks and the environment"
)]

pub mod broker;
pub mod feed;
pub mod network;
pub mod process;
pub mod random;
pub mod report;
pub mod run;
pub mod scenario;
pub mod topologies;
pub mod verify;
