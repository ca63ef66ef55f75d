//! The example programs, as a user runs them: on the embedded log, on a real broker, and as one
//! static binary. What they decide is compared with a fold of the input, written here anew.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod ads;
mod bank;
mod command_line;
mod embedded;
mod kafka;
mod program;
#[path = "../../examples/words.rs"]
#[expect(dead_code, reason = "its `main` is not run here")]
mod words_program;
