//! Windows over event time.

mod hopping;
mod tumbling;
mod unlimited;

pub use hopping::Hopping;
pub use tumbling::Tumbling;
pub use unlimited::Unlimited;

/// A span of event time, `start <= timestamp < end`, in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Window {
    /// First millisecond.
    pub start: i64,
    /// First millisecond after it.
    pub end: i64,
}

/// The key of a windowed result: the key, and the window that the result is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Windowed<K> {
    /// The key of the records.
    pub key: K,
    /// Their window.
    pub window: Window,
}

/// The key of a session's result: the key, and the session by its first and last record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session<K> {
    /// The key of the records.
    pub key: K,
    /// Timestamp of its first record.
    pub start: i64,
    /// Timestamp of its last record.
    pub end: i64,
}
