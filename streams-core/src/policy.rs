//! What becomes of a record that cannot be processed.

use crate::output::TopicIndex;

/// `on_error`, of the topology, a source, an operator or a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnError {
    /// Stop at the record, with its topic, partition and offset in the error (the default).
    Fail,
    /// Count it, leave it out and go on.
    Skip,
    /// Write the record that was read to this topic, with what went wrong in its headers, in the
    /// commit of what else was made of it; then go on.
    DeadLetter(TopicIndex),
}

impl OnError {
    /// The word of the language.
    pub fn as_str(self) -> &'static str {
        match self {
            OnError::Fail => "fail",
            OnError::Skip => "skip",
            OnError::DeadLetter(_) => "dead_letter",
        }
    }
}
