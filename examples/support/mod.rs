//! What the examples share: flags, loading a file or generated records, the progress bar, writing
//! the results.

mod feed;
mod flags;
mod numbers;
mod record;
mod story;

pub use flags::Flags;
pub use numbers::{Random, amount, count};
pub use record::Record;
pub use story::{Story, tell};
