use serde::{Deserialize, Serialize};

use super::{Decode, Encode, decode_error};
use crate::{Error, ErrorKind, Result};

/// JSON, by serde. With a registry (`registry(json)`) the type's JSON Schema is kept there.
#[derive(Clone, Copy, Debug)]
pub enum Json {}

impl<T: Serialize + ?Sized> Encode<T> for Json {
    #[inline]
    fn encode(value: &T, out: &mut Vec<u8>) -> Result<()> {
        serde_json::to_writer(out, value).map_err(|e| {
            Error::with_source(ErrorKind::Encode, format!("not writable as JSON: {e}"), e)
        })
    }
}

impl<'a, T: Deserialize<'a>> Decode<'a, T> for Json {
    #[inline]
    fn decode(bytes: &'a [u8]) -> Result<T> {
        serde_json::from_slice(bytes)
            .map_err(|e| decode_error(format_args!("not the JSON it should be: {e}")))
    }
}
