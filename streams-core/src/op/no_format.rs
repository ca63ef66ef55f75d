//! What stands in for a format that has an error, so that nothing follows from it.

use crate::error::Result;
use crate::format::{Decode, Encode, decode_error};

/// Writes and reads nothing, and is a format for every type: code that names it never runs, since the
/// topology has a compile error.
#[derive(Debug)]
pub enum NoFormat {}

impl<T: ?Sized> Encode<T> for NoFormat {
    fn encode(_: &T, _: &mut Vec<u8>) -> Result<()> {
        Err(decode_error("the topology has a type without a format"))
    }
}

impl<T> Decode<'_, T> for NoFormat {
    fn decode(_: &[u8]) -> Result<T> {
        Err(decode_error("the topology has a type without a format"))
    }
}
