//! The core of `streams`: records, time, windows, formats, stores, tasks and the test driver.
//!
//! *Invariant:* nothing in this crate does I/O, starts a thread or reads a clock. A task is a state
//! machine: records go in, encoded records come out into an [`Output`], and whoever drives the
//! task (the worker of `streams-runtime`, or the [`test_driver`]) decides when a commit happens.

pub mod context;
pub mod dead_letter;
pub mod error;
pub mod format;
pub mod headers;
pub mod lock;
mod murmur3;
#[doc(hidden)]
pub mod op;
pub mod output;
pub mod partitioner;
pub mod policy;
pub mod record;
pub mod store;
pub mod task;
pub mod test_driver;
pub mod time;
pub mod topology;
pub mod window;

pub use context::Context;
pub use error::{Error, ErrorKind, Result};
pub use headers::{HeaderBuf, Headers};
pub use output::{Output, OutputRecord};
pub use policy::OnError;
pub use record::RecordRef;
pub use topology::{App, Topology};
