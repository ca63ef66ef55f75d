use super::{Decode, Encode, FixedSize, decode_error};
use crate::Result;

/// Text as UTF-8 bytes, as Kafka's `StringSerializer`.
#[derive(Clone, Copy, Debug)]
pub enum Utf8 {}

impl Encode<str> for Utf8 {
    #[inline]
    fn encode(value: &str, out: &mut Vec<u8>) -> Result<()> {
        out.extend_from_slice(value.as_bytes());
        Ok(())
    }
}

impl Encode<&str> for Utf8 {
    #[inline]
    fn encode(value: &&str, out: &mut Vec<u8>) -> Result<()> {
        Self::encode(*value, out)
    }
}

impl Encode<String> for Utf8 {
    #[inline]
    fn encode(value: &String, out: &mut Vec<u8>) -> Result<()> {
        Self::encode(value.as_str(), out)
    }
}

impl<'a> Decode<'a, &'a str> for Utf8 {
    #[inline]
    fn decode(bytes: &'a [u8]) -> Result<&'a str> {
        std::str::from_utf8(bytes).map_err(|e| decode_error(format_args!("not UTF-8: {e}")))
    }
}

impl<'a> Decode<'a, String> for Utf8 {
    #[inline]
    fn decode(bytes: &'a [u8]) -> Result<String> {
        <Self as Decode<'a, &'a str>>::decode(bytes).map(str::to_owned)
    }
}

impl FixedSize<String> for Utf8 {
    const SIZE: Option<usize> = None;
}

impl FixedSize<&str> for Utf8 {
    const SIZE: Option<usize> = None;
}
