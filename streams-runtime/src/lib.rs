//! Runs topologies: on the embedded log, and on Apache Kafka.

pub mod broker;
pub mod error;
pub mod group;
pub mod store;

pub use error::{Error, ErrorKind, Result};
