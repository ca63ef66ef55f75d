use super::{Decode, Encode, FixedSize, decode_error};
use crate::Result;

/// Integers and floats as their big-endian bytes, as Kafka's `LongSerializer`,
/// `IntegerSerializer`, `ShortSerializer`, `DoubleSerializer` and `FloatSerializer`; `bool` as a
/// byte, 0 or 1, as its `BooleanSerializer`.
#[derive(Clone, Copy, Debug)]
pub enum BigEndian {}

macro_rules! number {
    ($($number:ty),*) => { $(
        impl Encode<$number> for BigEndian {
            #[inline]
            fn encode(value: &$number, out: &mut Vec<u8>) -> Result<()> {
                out.extend_from_slice(&value.to_be_bytes());
                Ok(())
            }
        }

        impl<'a> Decode<'a, $number> for BigEndian {
            #[inline]
            fn decode(bytes: &'a [u8]) -> Result<$number> {
                match bytes.try_into() {
                    Ok(array) => Ok(<$number>::from_be_bytes(array)),
                    Err(_) => Err(decode_error(format_args!(
                        "{} bytes where a big-endian {} has {}",
                        bytes.len(),
                        stringify!($number),
                        size_of::<$number>(),
                    ))),
                }
            }
        }

        impl FixedSize<$number> for BigEndian {
            const SIZE: Option<usize> = Some(size_of::<$number>());
        }
    )* };
}

number!(i8, i16, i32, i64, i128, u8, u16, u32, u64, u128, f32, f64);

impl Encode<bool> for BigEndian {
    #[inline]
    fn encode(value: &bool, out: &mut Vec<u8>) -> Result<()> {
        out.push(u8::from(*value));
        Ok(())
    }
}

impl<'a> Decode<'a, bool> for BigEndian {
    #[inline]
    fn decode(bytes: &'a [u8]) -> Result<bool> {
        match bytes {
            [0] => Ok(false),
            [1] => Ok(true),
            [other] => Err(decode_error(format_args!("{other} where a bool is 0 or 1"))),
            _ => Err(decode_error(format_args!("{} bytes where a bool has 1", bytes.len()))),
        }
    }
}

/// Java's list serializer takes booleans to be of any size.
impl FixedSize<bool> for BigEndian {
    const SIZE: Option<usize> = None;
}
