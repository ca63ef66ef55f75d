use std::marker::PhantomData;

use super::{Decode, Encode, decode_error};
use crate::op::Change;
use crate::{Error, ErrorKind, Result};

/// A table's update on a repartition topic, as Kafka Streams' `ChangedSerializer` writes it
/// (KIP-904), with the values in the format `F`:
///
/// - old value, `0`;
/// - new value, `1`;
/// - length of the new value (a zigzag varint), new value, old value, `2`.
///
/// What Kafka Streams writes with a byte more (`3`, `4`, `5`: the update may not be the latest) is
/// read, too.
#[derive(Clone, Copy, Debug)]
pub struct Changed<F>(PhantomData<F>);

impl<V, F: Encode<V>> Encode<Change<V>> for Changed<F> {
    fn encode(change: &Change<V>, out: &mut Vec<u8>) -> Result<()> {
        match (&change.new, &change.old) {
            (Some(new), Some(old)) => {
                let mut bytes = Vec::new();
                F::encode(new, &mut bytes)?;
                write_varint(bytes.len(), out);
                out.extend_from_slice(&bytes);
                F::encode(old, out)?;
                out.push(2);
            }
            (Some(new), None) => {
                F::encode(new, out)?;
                out.push(1);
            }
            (None, Some(old)) => {
                F::encode(old, out)?;
                out.push(0);
            }
            (None, None) => {
                let text = "an update of a table without an old and a new value";
                return Err(Error::new(ErrorKind::Encode, text));
            }
        }
        Ok(())
    }
}

impl<'a, V, F: Decode<'a, V>> Decode<'a, Change<V>> for Changed<F> {
    fn decode(bytes: &'a [u8]) -> Result<Change<V>> {
        let truncated = || decode_error("an update of a table that is cut short");
        let (flag, mut rest) = bytes.split_last().ok_or_else(truncated)?;
        if (3..=5).contains(flag) {
            (_, rest) = rest.split_last().ok_or_else(truncated)?;
        }
        let (new, old) = match flag {
            0 | 3 => (None, Some(rest)),
            1 | 4 => (Some(rest), None),
            2 | 5 => {
                let (length, after) = read_varint(rest).ok_or_else(truncated)?;
                let (new, old) = after.split_at_checked(length).ok_or_else(truncated)?;
                (Some(new), Some(old))
            }
            other => {
                let text = format_args!("an update of a table of unknown kind {other}");
                return Err(decode_error(text));
            }
        };
        Ok(Change { new: new.map(F::decode).transpose()?, old: old.map(F::decode).transpose()? })
    }
}

/// Kafka's signed varint of a length (`ByteUtils.writeVarint`): zigzag, which doubles it.
fn write_varint(length: usize, out: &mut Vec<u8>) {
    let mut rest = (length as u64) << 1;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn read_varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value: u64 = 0;
    for (n, byte) in bytes.iter().enumerate().take(5) {
        value |= u64::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            // An odd number is a negative length.
            let length = (value & 1 == 0).then_some(value >> 1)?;
            return Some((usize::try_from(length).ok()?, bytes.get(n + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{BigEndian, Utf8};
    use proptest::prelude::*;

    #[test]
    fn bytes_are_kafka_streams_own() {
        let mut out = Vec::new();
        let change = Change { new: Some("ab".to_owned()), old: Some("c".to_owned()) };
        Changed::<Utf8>::encode(&change, &mut out).unwrap_or_default();
        assert_eq!(out, [4, b'a', b'b', b'c', 2]);
    }

    proptest! {
        #[test]
        fn updates_come_back(new: Option<String>, old: Option<String>) {
            let change = Change { new, old };
            let mut out = Vec::new();
            match Changed::<Utf8>::encode(&change, &mut out) {
                Ok(()) => {
                    let read: Change<String> = Changed::<Utf8>::decode(&out).map_err(|e| {
                        TestCaseError::fail(format!("{e:?}"))
                    })?;
                    prop_assert_eq!(read, change);
                }
                Err(_) => prop_assert!(change.new.is_none() && change.old.is_none()),
            }
        }

        #[test]
        fn any_bytes_decode_or_fail(bytes: Vec<u8>) {
            let _: Result<Change<i64>> = Changed::<BigEndian>::decode(&bytes);
        }
    }
}
