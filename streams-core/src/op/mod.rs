//! What generated code calls: the parts of operators that do not depend on the user's closures.
//!
//! Not part of the public interface: only code written by `#[topology]` of the same version may
//! use it.

mod boundary;
mod change;
mod closing;
mod foreign_key;
mod join_key;
mod no_format;
mod operators;
mod record;
mod session;
mod sliding;
mod unsent;

pub use change::{Change, changes};
pub use closing::{Closed, Closing};
pub use foreign_key::{
    Answers, ForeignKeys, ForeignRow, Instruction, Sent, Subscription, To, ValueHash, answer,
    answer_all, encoded, inner_subscriptions_as_kafka_streams, subscriptions, value_hash,
};
pub use join_key::{JoinKey, join_key};
pub use no_format::NoFormat;
pub use operators::{Operators, operators};
pub use record::{kept, open};
pub use session::session;
pub use sliding::sliding;
pub use unsent::{Unsent, UnsentUpdate};

pub use boundary::{
    decode_key, decode_nullable, decode_value, encode, encode_bytes, encode_nullable,
};

use crate::{Error, ErrorKind};

/// What `?` in a closure turns errors into.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The error of an operator's closure.
#[cold]
pub fn processing_error(operator: &str, error: BoxError) -> Error {
    Error::with_source(ErrorKind::Processing, format!("`{operator}` failed: {error}"), error)
}

/// A copy that owns what `value` points to: `String` for `&str`, a clone for what is owned.
#[inline]
pub fn to_owned<T: ?Sized + ToOwned>(value: &T) -> T::Owned {
    value.to_owned()
}

/// A result of a windowed aggregation on its way on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowUpdate<V> {
    /// First millisecond of the window.
    pub start: i64,
    /// Its end: after the last millisecond for tumbling windows, the last one for sliding windows and
    /// sessions.
    pub end: i64,
    /// What it holds now.
    pub value: Option<V>,
    /// What it held before.
    pub old: Option<V>,
    /// Timestamp of the result.
    pub timestamp: i64,
}

/// In place of a source's number, where no record is processed: in a punctuation.
pub const NO_SOURCE: usize = usize::MAX;

/// The place of the smallest number, the first of equal ones.
pub fn earliest(due: &[Option<i64>]) -> Option<usize> {
    let due = due.iter().enumerate();
    due.filter_map(|(n, at)| at.map(|at| (at, n))).min().map(|(_, n)| n)
}

/// A step of an aggregation, which the user's code may fail.
pub type Step = std::result::Result<(), BoxError>;
