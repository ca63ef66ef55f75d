//! The core of `streams`: records, time, windows, formats, stores, tasks and the test driver.
//!
//! *Invariant:* nothing in this crate does I/O, starts a thread or reads a clock. A task is a state
//! machine: records go in, encoded records come out into an [`Output`], and whoever drives the
//! task (the worker of `streams-runtime`, or the test driver) decides when a commit happens.

pub mod error;
pub mod headers;
pub mod output;
pub mod partitioner;
pub mod record;
pub mod store;

pub use error::{Error, ErrorKind, Result};
pub use headers::{HeaderBuf, Headers};
pub use output::{Output, OutputRecord};
pub use record::RecordRef;
