//! A record's way through generated code: where it begins, what leaves it out, where it is written.
//!
//! Each of these stands in a topology as often as it has sources, states and sinks; as one call it costs
//! the compiler a third of what it costs written out.

use super::{decode_key, decode_value};
use crate::context::TaskContext;
use crate::format::Decode;
use crate::policy::OnError;
use crate::{RecordRef, Result};

/// Key, value and timestamp of a record of a source; `None` if it is left out, by `on_error` if it does
/// not decode and by `on_invalid_time` if its time is negative. `given` goes over its own time.
///
/// # Errors
/// If one of these fails the task.
#[inline]
pub fn open<'a, KF: Decode<'a, K>, K, VF: Decode<'a, V>, V>(
    source: usize,
    record: &RecordRef<'a>,
    given: Option<i64>,
    on_error: OnError,
    on_invalid_time: OnError,
    cx: &mut TaskContext,
) -> Result<Option<(K, V, i64)>> {
    let decoded = decode_key::<KF, K>(record).and_then(|key| {
        let value = decode_value::<VF, V>(record)?;
        Ok((key, value))
    });
    let (key, value) = match decoded {
        Ok(decoded) => decoded,
        Err(e) => return cx.reject(source, record, e, on_error).map(|()| None),
    };
    let timestamp = given.unwrap_or(record.timestamp);
    match cx.begin(source, record, timestamp, on_invalid_time)? {
        true => Ok(Some((key, value, timestamp))),
        false => Ok(None),
    }
}

/// What came of something for a record; `None` if it is an error and `on_error` leaves the record out.
///
/// # Errors
/// If it fails the task.
#[inline]
pub fn kept<T>(
    result: Result<T>,
    source: usize,
    record: &RecordRef<'_>,
    timestamp: i64,
    on_error: OnError,
    cx: &mut TaskContext,
) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(e) => cx.reject_at(source, record, timestamp, e, on_error).map(|()| None),
    }
}
