use std::marker::PhantomData;

use super::{Decode, Encode, decode_error};
use crate::Result;
use crate::window::{Window, Windowed};

/// Keys of windowed results as Java's `TimeWindowedSerializer` writes them: the key in the format
/// `F`, then the window's start, 8 bytes big endian.
///
/// The end is not written. A reader that does not say the size of the windows, `SIZE_MS`, gets
/// windows without an end (`i64::MAX`), as from Java's `TimeWindowedDeserializer`.
#[derive(Clone, Copy, Debug)]
pub struct TimeWindowed<F, const SIZE_MS: i64 = { i64::MAX }>(PhantomData<F>);

impl<K, F: Encode<K>, const SIZE_MS: i64> Encode<Windowed<K>> for TimeWindowed<F, SIZE_MS> {
    #[inline]
    fn encode(value: &Windowed<K>, out: &mut Vec<u8>) -> Result<()> {
        F::encode(&value.key, out)?;
        out.extend_from_slice(&value.window.start.to_be_bytes());
        Ok(())
    }
}

impl<'a, K, F: Decode<'a, K>, const SIZE_MS: i64> Decode<'a, Windowed<K>>
    for TimeWindowed<F, SIZE_MS>
{
    #[inline]
    fn decode(bytes: &'a [u8]) -> Result<Windowed<K>> {
        let Some((key, start)) = bytes.split_last_chunk::<8>() else {
            return Err(decode_error(format_args!(
                "{} bytes are too few for a windowed key, which ends in 8 bytes of time",
                bytes.len()
            )));
        };
        let start = i64::from_be_bytes(*start);
        let window = Window { start, end: start.saturating_add(SIZE_MS) };
        Ok(Windowed { key: F::decode(key)?, window })
    }
}
