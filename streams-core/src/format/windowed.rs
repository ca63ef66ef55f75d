use std::marker::PhantomData;

use super::{Decode, Encode, decode_error};
use crate::Result;
use crate::window::{Session, Window, Windowed};

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

/// Keys of sessions as Java's `SessionWindowedSerializer` writes them: the key in the format `F`, then
/// the end and the start, 8 bytes big endian each.
#[derive(Clone, Copy, Debug)]
pub struct Sessions<F>(PhantomData<F>);

impl<K, F: Encode<K>> Encode<Session<K>> for Sessions<F> {
    fn encode(value: &Session<K>, out: &mut Vec<u8>) -> Result<()> {
        F::encode(&value.key, out)?;
        out.extend_from_slice(&value.end.to_be_bytes());
        out.extend_from_slice(&value.start.to_be_bytes());
        Ok(())
    }
}

impl<'a, K, F: Decode<'a, K>> Decode<'a, Session<K>> for Sessions<F> {
    fn decode(bytes: &'a [u8]) -> Result<Session<K>> {
        let parts = bytes.split_last_chunk::<8>().and_then(|(rest, start)| {
            let (key, end) = rest.split_last_chunk::<8>()?;
            Some((key, i64::from_be_bytes(*start), i64::from_be_bytes(*end)))
        });
        let Some((key, start, end)) = parts else {
            return Err(decode_error(format_args!(
                "{} bytes are too few for the key of a session, which ends in 16 bytes of time",
                bytes.len()
            )));
        };
        Ok(Session { key: F::decode(key)?, start, end })
    }
}
