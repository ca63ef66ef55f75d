//! What becomes of a record that cannot be processed.

use crate::{Error, Result};

/// The topology's `on_error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnError {
    /// Stop at the record, with its topic, partition and offset in the error (the default).
    Fail,
    /// Count it, leave it out and go on.
    Skip,
}

impl OnError {
    /// Applies the policy to an error that belongs to a record; errors of the task itself (a store
    /// that cannot be read) always end the task.
    #[cold]
    pub(crate) fn apply(self, error: Error, skipped: &mut u64) -> Result<()> {
        match self {
            OnError::Skip if error.is_record() => {
                *skipped += 1;
                Ok(())
            }
            _ => Err(error),
        }
    }

    /// The word of the language.
    pub fn as_str(self) -> &'static str {
        match self {
            OnError::Fail => "fail",
            OnError::Skip => "skip",
        }
    }
}
