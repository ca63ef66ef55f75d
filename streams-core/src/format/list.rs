use std::marker::PhantomData;

use super::{Decode, Encode, decode_error};
use crate::{Error, ErrorKind, Result};

/// A list as Kafka's `ListSerializer` writes it, with its elements in the format `F`. Numbers are 4
/// bytes, big endian:
///
/// - where `F` writes all elements in the same [size](FixedSize): a byte `0`, the number of nulls
///   (none here), the number of elements, the elements;
/// - otherwise: a byte `1`, the number of elements, and before each its length.
///
/// A null element, which Java can write, is an error: a `Vec<T>` has none.
#[derive(Clone, Copy, Debug)]
pub struct List<F>(PhantomData<F>);

/// How many bytes a format writes for a `T`.
pub trait FixedSize<T> {
    /// The number, if it is always the same: Java's short, integer, long, float, double and UUID
    /// serializers. `None` where it depends on the value.
    const SIZE: Option<usize>;
}

const FIXED: u8 = 0;
const VARIABLE: u8 = 1;

fn put(number: usize, out: &mut Vec<u8>) -> Result<()> {
    let number = i32::try_from(number)
        .map_err(|_| Error::new(ErrorKind::Encode, "a list of more than 2 GiB"))?;
    out.extend_from_slice(&number.to_be_bytes());
    Ok(())
}

impl<T, F: Encode<T> + FixedSize<T>> Encode<Vec<T>> for List<F> {
    fn encode(list: &Vec<T>, out: &mut Vec<u8>) -> Result<()> {
        if F::SIZE.is_some() {
            out.push(FIXED);
            put(0, out)?;
            put(list.len(), out)?;
            return list.iter().try_for_each(|element| F::encode(element, out));
        }
        out.push(VARIABLE);
        put(list.len(), out)?;
        let mut one = Vec::new();
        for element in list {
            one.clear();
            F::encode(element, &mut one)?;
            put(one.len(), out)?;
            out.extend_from_slice(&one);
        }
        Ok(())
    }
}

impl<'a, T, F: Decode<'a, T> + FixedSize<T>> Decode<'a, Vec<T>> for List<F> {
    fn decode(bytes: &'a [u8]) -> Result<Vec<T>> {
        let Some((kind, mut rest)) = bytes.split_first() else { return Err(cut_short()) };
        let mut list = Vec::new();
        match (*kind, F::SIZE) {
            (FIXED, Some(size)) => {
                if number(&mut rest)? != 0 {
                    return Err(null());
                }
                for _ in 0..number(&mut rest)? {
                    list.push(F::decode(take(&mut rest, size)?)?);
                }
            }
            (VARIABLE, None) => {
                for _ in 0..number(&mut rest)? {
                    let length = usize::try_from(number(&mut rest)?).map_err(|_| null())?;
                    list.push(F::decode(take(&mut rest, length)?)?);
                }
            }
            (FIXED | VARIABLE, _) => {
                return Err(decode_error("a list of elements of another type"));
            }
            (other, _) => {
                return Err(decode_error(format_args!("a list of unknown kind {other}")));
            }
        }
        match rest.len() {
            0 => Ok(list),
            more => Err(decode_error(format_args!("{more} bytes after the end of a list"))),
        }
    }
}

fn cut_short() -> Error {
    decode_error("a list that is cut short")
}

fn null() -> Error {
    decode_error("a list with a null, which the declared type does not have")
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length).ok_or_else(cut_short)?;
    *rest = after;
    Ok(taken)
}

fn number(rest: &mut &[u8]) -> Result<i32> {
    let (number, after) = rest.split_first_chunk::<4>().ok_or_else(cut_short)?;
    *rest = after;
    Ok(i32::from_be_bytes(*number))
}
