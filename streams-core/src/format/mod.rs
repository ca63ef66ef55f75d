//! Formats: how keys and values are written at the boundary of a topology.
//!
//! A format is a type without values; it implements [`Encode`] and [`Decode`] for the types that
//! it can write and read. The language names the built-in ones in lower case (`json`, `utf8`,
//! `big_endian`, `bytes`); any path to a type of the user's stands for that type.

mod big_endian;
mod bytes;
mod changed;
mod foreign_key;
mod json;
mod utf8;
mod windowed;

pub use big_endian::BigEndian;
pub use bytes::Bytes;
pub use changed::Changed;
pub use foreign_key::{ForeignRows, Subscriptions};
pub use json::Json;
pub use utf8::Utf8;
pub use windowed::{Sessions, TimeWindowed};

use crate::{Error, ErrorKind, Result};

/// A format that can write `T`.
#[diagnostic::on_unimplemented(
    message = "the format `{Self}` cannot write `{T}`",
    label = "not a type that `{Self}` can write",
    note = "choose another with `format = …` or `key_format = …` (json, utf8, big_endian, bytes, or \
            a type of yours that implements `Encode` and `Decode`); json needs `#[derive(Serialize)]`"
)]
pub trait Encode<T: ?Sized> {
    /// Appends the encoding of `value` to `out`.
    ///
    /// # Errors
    /// [`ErrorKind::Encode`] for a value that the format cannot write.
    fn encode(value: &T, out: &mut Vec<u8>) -> Result<()>;
}

/// A format that can read `T`, which may borrow from the record.
#[diagnostic::on_unimplemented(
    message = "the format `{Self}` cannot read `{T}`",
    label = "not a type that `{Self}` can read",
    note = "choose another with `format = …` or `key_format = …` (json, utf8, big_endian, bytes, or \
            a type of yours that implements `Encode` and `Decode`); json needs `#[derive(Deserialize)]`"
)]
pub trait Decode<'a, T> {
    /// Reads a value from all of `bytes`.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] for bytes that are not an encoding of a `T`.
    fn decode(bytes: &'a [u8]) -> Result<T>;
}

/// A format that reads `T` without borrowing: what stores and repartitions need.
pub trait DecodeOwned<T>: for<'a> Decode<'a, T> {}

impl<T, F: for<'a> Decode<'a, T>> DecodeOwned<T> for F {}

#[cold]
pub(crate) fn decode_error(what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Decode, format!("{what}"))
}
