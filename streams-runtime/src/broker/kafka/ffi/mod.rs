//! The only unsafe code of the Kafka side: librdkafka's C interface behind safe types.
//!
//! Why not the rdkafka crate's own consumer and producer: they hand out one message a call and
//! their `flush` and `poll` step by 100 ms; the batched calls cost a third less CPU and a commit
//! costs milliseconds.
//!
//! *Invariants:* everything that belongs to a librdkafka instance (queue, topic, message) keeps its
//! [`Handle`] alive, so an instance is destroyed last. Error codes are read as integers, since a
//! newer broker may send one that the generated enum does not know. librdkafka is thread-safe; a
//! callback of ours runs either on the thread that polls, or (logs) on any.
#![allow(unsafe_code, reason = "calls librdkafka's C interface; nothing else here does")]

mod admin;
mod code;
mod conf;
mod groups;
mod handle;
mod list;
mod message;
mod produce;
mod reading;
mod rebalance;
mod transaction;

pub(crate) use admin::{OffsetSpec, TopicInfo};
pub(crate) use code::{Code, Failure};
pub(crate) use conf::{Conf, Kind, Unset};
pub(crate) use handle::{Handle, Member};
pub(crate) use list::{Entry, List};
pub(crate) use message::{Held, Inbox, Message};
pub(crate) use produce::{Delivery, Topic};
pub(crate) use reading::Reading;
pub(crate) use rebalance::Rebalance;
pub(crate) use transaction::{SendingOffsets, TransactionFailure};

use std::ffi::{CStr, CString, c_char};
use std::time::Duration;

use crate::error::{Error, Result};

/// Room for librdkafka's error texts; it cuts longer ones.
const TEXT: usize = 512;

/// A C string owned by librdkafka, copied.
///
/// # Safety
/// `text` is null or points to a NUL-terminated string that lives during the call.
unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: not null; the rest is the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// The text that librdkafka wrote into a buffer of ours.
fn buffer_text(buffer: &[c_char; TEXT]) -> String {
    let bytes: Vec<u8> =
        buffer.iter().take_while(|c| **c != 0).map(|c| c.cast_unsigned()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A name for C. No name of Kafka's may contain a NUL.
fn c_string(name: &str) -> Result<CString> {
    CString::new(name)
        .map_err(|_| Error::config(format!("{name:?} contains a NUL character: remove it")))
}

/// Milliseconds for C, saturating: a longer wait than 24 days is not meant.
pub(crate) fn millis(timeout: Duration) -> i32 {
    i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX)
}
