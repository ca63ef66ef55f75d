//! Runs topologies: on the embedded log, and on Apache Kafka.
//!
//! [`Streams`] is a running application: worker threads, each with a consumer and a producer of its
//! own, that share the tasks of a topology. [`AppExt`] makes a program of an application.

pub mod acl;
pub mod broker;
pub mod calls;
pub mod cli;
pub mod config;
pub mod crash;
pub mod error;
mod global;
pub mod group;
mod load;
mod monitoring;
mod plan;
mod progress;
pub mod query;
mod registry;
pub mod reset;
pub mod restore;
mod shared;
mod signal;
pub mod store;
mod streams;
mod until_end;
mod worker;

pub use cli::AppExt;
pub use config::Config;
pub use error::{Error, ErrorKind, ErrorName, Result};
pub use load::{Loader, read_topic};
pub use monitoring::State;
pub use progress::Progress;
pub use query::{IsolationLevel, Queries};
pub use registry::schema_registry;
pub use streams::{Streams, broker_for};
