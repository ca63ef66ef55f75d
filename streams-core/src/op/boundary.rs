//! Where bytes become values, and values bytes.

use crate::format::{Decode, Encode};
use crate::{Error, ErrorKind, RecordRef, Result};

/// The key of a record that may not be null.
#[inline]
pub fn decode_key<'a, F: Decode<'a, T>, T>(record: &RecordRef<'a>) -> Result<T> {
    match record.key {
        Some(bytes) => F::decode(bytes).map_err(|e| in_part("key", e)),
        None => Err(null("key")),
    }
}

/// The value of a record that may not be null.
#[inline]
pub fn decode_value<'a, F: Decode<'a, T>, T>(record: &RecordRef<'a>) -> Result<T> {
    match record.value {
        Some(bytes) => F::decode(bytes).map_err(|e| in_part("value", e)),
        None => Err(null("value")),
    }
}

/// A key or value that may be null.
#[inline]
pub fn decode_nullable<'a, F: Decode<'a, T>, T>(bytes: Option<&'a [u8]>) -> Result<Option<T>> {
    match bytes {
        Some(bytes) => F::decode(bytes).map(Some),
        None => Ok(None),
    }
}

/// Writes a key or value that is not null.
#[inline]
pub fn encode<F: Encode<T>, T: ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<bool> {
    F::encode(value, out).map(|()| true)
}

/// Writes a key or value that may be null.
#[inline]
pub fn encode_nullable<F: Encode<T>, T>(value: &Option<T>, out: &mut Vec<u8>) -> Result<bool> {
    match value {
        Some(value) => F::encode(value, out).map(|()| true),
        None => Ok(false),
    }
}

/// Writes what is encoded already, or null.
#[inline]
pub fn encode_bytes(value: &Option<&[u8]>, out: &mut Vec<u8>) -> Result<bool> {
    if let Some(bytes) = value {
        out.extend_from_slice(bytes);
    }
    Ok(value.is_some())
}

#[cold]
fn in_part(part: &str, e: Error) -> Error {
    Error::with_source(e.kind(), format!("the {part} cannot be decoded: {e}"), e)
}

#[cold]
fn null(part: &str) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!(
            "the {part} is null, and the declared type has no null: declare it as `Option<…>`, or \
             leave such records out with `on_error = skip`"
        ),
    )
}
