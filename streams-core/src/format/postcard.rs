use serde::{Deserialize, Serialize};

use super::{Decode, Encode, decode_error};
use crate::{Error, ErrorKind, Result};

/// [Postcard](https://postcard.jamesmunns.com): compact binary, by serde. Fields are known by their
/// order alone, so a type may only grow new variants at the end of its enums.
#[derive(Clone, Copy, Debug)]
pub enum Postcard {}

impl<T: Serialize + ?Sized> Encode<T> for Postcard {
    #[inline]
    fn encode(value: &T, out: &mut Vec<u8>) -> Result<()> {
        match postcard::to_io(&value, out) {
            Ok(_) => Ok(()),
            Err(e) => {
                let text = format!("not writable as postcard: {e}");
                Err(Error::with_source(ErrorKind::Encode, text, e))
            }
        }
    }
}

impl<'a, T: Deserialize<'a>> Decode<'a, T> for Postcard {
    #[inline]
    fn decode(bytes: &'a [u8]) -> Result<T> {
        match postcard::take_from_bytes(bytes) {
            Ok((value, [])) => Ok(value),
            Ok((_, rest)) => {
                Err(decode_error(format_args!("{} bytes after the end of a value", rest.len())))
            }
            Err(e) => Err(decode_error(format_args!("not the postcard it should be: {e}"))),
        }
    }
}
