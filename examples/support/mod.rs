//! What the examples share: flags, loading a file or generated records, the progress bar, writing
//! the results.

mod feed;
mod flags;
mod numbers;
mod record;
mod story;

pub(crate) use flags::Flags;
pub(crate) use numbers::{Random, count};
pub(crate) use record::Record;
pub(crate) use story::{Story, tell};
