//! State stores.

mod backend;

pub use backend::{Backend, FlushBatch, FlushOp};
