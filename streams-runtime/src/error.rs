//! One error type for the runtime, with kinds by what to do next.

use std::fmt;

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What to do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// It may work if tried again: a broker that is away, a time-out.
    Retry,
    /// The member is out of the group, or fenced: close the tasks and join again.
    Rejoin,
    /// What is in memory can no longer be trusted (a failed write to the state directory or the
    /// log): nothing more may be committed from it. Close and start again from the last commit.
    Poisoned,
    /// A record that the topology's `on_error = fail` stops at.
    Record,
    /// Starting again will not help: damaged files, missing rights, a deleted topic.
    Fatal,
    /// A mistake in flags, environment, configuration file or in what the topology asks of the
    /// cluster.
    Config,
}

/// Errors that programs and operators may want to tell apart; shown before the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorName {
    /// The group has given the tasks to another member.
    MemberFenced,
    /// Another process works under the same transactional id, or the cluster has aborted a
    /// transaction that took too long.
    ProducerFenced,
    /// A transaction was open for longer than `kafka.transaction_timeout_ms`.
    TransactionTimedOut,
    /// The cluster no longer knows the producer's epoch or sequence.
    ProducerEpochLost,
    /// The coordinator of the group or of transactions is moving or loading.
    CoordinatorMoved,
    /// A topic is not there, or no longer.
    TopicMissing,
    /// The user lacks a right, or has lost it.
    AuthorizationFailed,
    /// The records at a position are gone.
    OffsetOutOfRange,
    /// Another process has the state directory (or the embedded log) open.
    DirectoryLocked,
    /// Files of the state directory are damaged.
    StateDamaged,
    /// A record of a changelog is not one of its store.
    ChangelogUndecodable,
    /// A store that is queried is being restored, or moved between members.
    StoreRestoring,
    /// Partitions of a store that is queried are with other members.
    StoreMigrated,
}

impl ErrorName {
    /// As shown: `producer-fenced`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MemberFenced => "member-fenced",
            Self::ProducerFenced => "producer-fenced",
            Self::TransactionTimedOut => "transaction-timed-out",
            Self::ProducerEpochLost => "producer-epoch-lost",
            Self::CoordinatorMoved => "coordinator-moved",
            Self::TopicMissing => "topic-missing",
            Self::AuthorizationFailed => "authorization-failed",
            Self::OffsetOutOfRange => "offset-out-of-range",
            Self::DirectoryLocked => "directory-locked",
            Self::StateDamaged => "state-damaged",
            Self::ChangelogUndecodable => "changelog-undecodable",
            Self::StoreRestoring => "store-restoring",
            Self::StoreMigrated => "store-migrated",
        }
    }
}

/// An error of the runtime. The message names the place (topic, partition, offset, path, key of
/// the configuration) and what to do.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    name: Option<ErrorName>,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// A new error of this kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, name: None, message: message.into(), source: None }))
    }

    /// A new error with the error that caused it.
    pub fn with_source(
        kind: ErrorKind,
        message: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        let source = Some(source.into());
        Self(Box::new(Inner { kind, name: None, message: message.into(), source }))
    }

    /// A mistake in configuration.
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// The same error with a name.
    #[must_use]
    pub fn named(mut self, name: ErrorName) -> Self {
        self.0.name = Some(name);
        self
    }

    /// The same error, without what it came from.
    pub(crate) fn again(&self) -> Self {
        let Inner { kind, name, message, .. } = &*self.0;
        Self(Box::new(Inner { kind: *kind, name: *name, message: message.clone(), source: None }))
    }

    /// The same error, which came out as `first`.
    pub(crate) fn after(mut self, first: &impl fmt::Display) -> Self {
        self.0.message = format!("{first}: {}", self.0.message);
        self
    }

    /// The same error, to be dealt with in another way.
    #[must_use]
    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Its name, if it is one that has one.
    pub fn name(&self) -> Option<ErrorName> {
        self.0.name
    }

    /// What to do about it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
}

impl From<streams_core::Error> for Error {
    fn from(e: streams_core::Error) -> Self {
        let kind = match e.kind() {
            streams_core::ErrorKind::Store => ErrorKind::Poisoned,
            streams_core::ErrorKind::Config => ErrorKind::Config,
            streams_core::ErrorKind::Unavailable => ErrorKind::Retry,
            _ => ErrorKind::Record,
        };
        let cause = std::error::Error::source(&e).and_then(|cause| cause.downcast_ref::<Self>());
        let name = cause.and_then(Self::name);
        let mut error = Self::with_source(kind, e.to_string(), e);
        error.0.name = name;
        error
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.name {
            // What comes from a store has it in its text.
            Some(name) if !self.0.message.contains(&format!("[{}]", name.as_str())) => {
                write!(f, "{} [{}]", self.0.message, name.as_str())
            }
            _ => f.write_str(&self.0.message),
        }
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
