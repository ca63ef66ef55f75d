//! Calls of outside services: several at a time, results in the order of the records.
//!
//! A call runs beside the task, on an [`Executor`] that the task's driver brings. The task goes on
//! with further records meanwhile, up to as many calls as the topology allows, and takes results only
//! from the first that waits, so that what is behind sees the records in their order. A commit waits
//! for all calls: an offset is committed only with what came of its record.

mod executor;
mod node;
mod pending;

pub use executor::{BoxFuture, Executor, InPlace};
pub use node::{CallNode, CallOptions, Outcome, Place};
