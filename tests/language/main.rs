//! Every operator of the language, through the test driver.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod bad_input;
mod borrowed;
mod calls;
mod cogroup;
mod emit_on_close;
mod errors;
mod fan_out;
mod foreign_keys;
mod formats;
mod global_tables;
mod joins;
mod lock;
mod on_commit;
mod processors;
mod stateful;
mod stateless;
mod stream_joins;
mod suppress;
mod table_joins;
mod to_topic;
mod versioned;
mod windows;

/// A text.
fn s(text: &str) -> String {
    text.to_owned()
}
