//! One error type for the crate, with kinds by what the caller does next.

use std::fmt;

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What to do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Bytes that do not decode as the declared type. The topology's `on_error` decides.
    Decode,
    /// A value that its format cannot write. The topology's `on_error` decides.
    Encode,
    /// A closure or function of the topology returned an error. `on_error` decides.
    Processing,
    /// A record that a topic does not take, such as one that does not exist. `on_error` decides.
    Production,
    /// A record without a usable timestamp. `on_error` decides.
    Timestamp,
    /// A state store could not be read or written. The task cannot go on from its memory; it is
    /// closed without a commit and starts again from the last one.
    Store,
    /// Something outside that is needed, a schema registry, does not answer. The record is not to
    /// blame: the task starts again from the last commit.
    Unavailable,
    /// A mistake in configuration or in the use of an interface; starting again will not help.
    Config,
}

/// An error with its place: topic, partition, offset, operator or store.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    place: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// A new error of this kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), place: None, source: None }))
    }

    /// A new error with the error that caused it.
    pub fn with_source(
        kind: ErrorKind,
        message: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            place: None,
            source: Some(source.into()),
        }))
    }

    /// The same error, said to have happened at `place`; a place that is already known stays.
    #[must_use]
    pub fn at(mut self, place: impl FnOnce() -> String) -> Self {
        if self.0.place.is_none() {
            self.0.place = Some(place());
        }
        self
    }

    /// What to do about it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Where it happened, if known.
    pub fn place(&self) -> Option<&str> {
        self.0.place.as_deref()
    }

    /// True if the error belongs to one record, so that `on_error` may pass over it.
    pub fn is_record(&self) -> bool {
        use ErrorKind::*;
        matches!(self.0.kind, Decode | Encode | Processing | Production | Timestamp)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.0.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)?;
        let mut cause = std::error::Error::source(self);
        while let Some(e) = cause {
            write!(f, ": {e}")?;
            cause = e.source();
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|e| e as _)
    }
}
