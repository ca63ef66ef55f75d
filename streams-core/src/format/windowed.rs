use std::marker::PhantomData;

use super::Encode;
use crate::Result;
use crate::window::Windowed;

/// Keys of windowed results as Java's `TimeWindowedSerializer` writes them: the key in the format
/// `F`, then the window's start, 8 bytes big endian.
#[derive(Clone, Copy, Debug)]
pub struct TimeWindowed<F>(PhantomData<F>);

impl<K, F: Encode<K>> Encode<Windowed<K>> for TimeWindowed<F> {
    #[inline]
    fn encode(value: &Windowed<K>, out: &mut Vec<u8>) -> Result<()> {
        F::encode(&value.key, out)?;
        out.extend_from_slice(&value.window.start.to_be_bytes());
        Ok(())
    }
}
