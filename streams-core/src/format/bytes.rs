use super::{Decode, Encode, FixedSize};
use crate::Result;

/// Bytes as they are, as Kafka's `ByteArraySerializer`.
#[derive(Clone, Copy, Debug)]
pub enum Bytes {}

impl Encode<[u8]> for Bytes {
    #[inline]
    fn encode(value: &[u8], out: &mut Vec<u8>) -> Result<()> {
        out.extend_from_slice(value);
        Ok(())
    }
}

impl Encode<&[u8]> for Bytes {
    #[inline]
    fn encode(value: &&[u8], out: &mut Vec<u8>) -> Result<()> {
        Self::encode(*value, out)
    }
}

impl Encode<Vec<u8>> for Bytes {
    #[inline]
    fn encode(value: &Vec<u8>, out: &mut Vec<u8>) -> Result<()> {
        Self::encode(value.as_slice(), out)
    }
}

impl<const N: usize> Encode<[u8; N]> for Bytes {
    #[inline]
    fn encode(value: &[u8; N], out: &mut Vec<u8>) -> Result<()> {
        Self::encode(value.as_slice(), out)
    }
}

impl<'a> Decode<'a, &'a [u8]> for Bytes {
    #[inline]
    fn decode(bytes: &'a [u8]) -> Result<&'a [u8]> {
        Ok(bytes)
    }
}

impl<'a> Decode<'a, Vec<u8>> for Bytes {
    #[inline]
    fn decode(bytes: &'a [u8]) -> Result<Vec<u8>> {
        Ok(bytes.to_vec())
    }
}

impl<'a, const N: usize> Decode<'a, [u8; N]> for Bytes {
    #[inline]
    fn decode(bytes: &'a [u8]) -> Result<[u8; N]> {
        bytes.try_into().map_err(|_| {
            super::decode_error(format_args!("{} bytes where there are {N}", bytes.len()))
        })
    }
}

impl FixedSize<Vec<u8>> for Bytes {
    const SIZE: Option<usize> = None;
}

impl FixedSize<&[u8]> for Bytes {
    const SIZE: Option<usize> = None;
}
