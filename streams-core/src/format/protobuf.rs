use prost::Message;

use super::{Decode, Encode, decode_error};
use crate::schema::{DecodeWithSchema, EncodeWithSchema, Schema, SchemaType, WrittenSchema};
use crate::{Error, ErrorKind, Result};

/// Protocol Buffers, by [prost](prost): the message alone, without a length before it.
///
/// With a registry a message's place in its `.proto` file stands between the schema's number and
/// the message; the type tells both by [`ProtobufSchema`].
#[derive(Clone, Copy, Debug)]
pub enum Protobuf {}

/// A message whose `.proto` file a registry keeps.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which `.proto` file it is from",
    label = "a message that goes through a registry implements `ProtobufSchema`",
    note = "`impl ProtobufSchema for {Self} {{ const PROTO: &'static str = include_str!(\"….proto\"); }}`"
)]
pub trait ProtobufSchema: Message {
    /// The text of the file.
    const PROTO: &'static str;
    /// Where the message is in the file: its number among the messages there; for a nested
    /// one that of the outer message, then its number in it, and so on.
    const PLACE: &'static [i32] = &[0];
}

impl<T: Message> Encode<T> for Protobuf {
    #[inline]
    fn encode(value: &T, out: &mut Vec<u8>) -> Result<()> {
        value.encode(out).map_err(|e| {
            Error::with_source(ErrorKind::Encode, format!("not writable as protobuf: {e}"), e)
        })
    }
}

impl<'a, T: Message + Default> Decode<'a, T> for Protobuf {
    #[inline]
    fn decode(bytes: &'a [u8]) -> Result<T> {
        T::decode(bytes)
            .map_err(|e| decode_error(format_args!("not the protobuf it should be: {e}")))
    }
}

impl<T: ProtobufSchema> EncodeWithSchema<T> for Protobuf {
    fn schema() -> Result<Schema> {
        Ok(Schema { schema_type: SchemaType::Protobuf, text: T::PROTO.to_owned() })
    }

    fn encode(value: &T, out: &mut Vec<u8>) -> Result<()> {
        match T::PLACE {
            // The first message of a file has a shorter form.
            [0] => out.push(0),
            place => {
                write_varint(place.len() as i64, out);
                for number in place {
                    write_varint(i64::from(*number), out);
                }
            }
        }
        <Protobuf as Encode<T>>::encode(value, out)
    }
}

impl<'a, T: Message + Default> DecodeWithSchema<'a, T> for Protobuf {
    type Reader = ();

    fn reader(_: impl FnOnce() -> Result<WrittenSchema>) -> Result<()> {
        Ok(())
    }

    fn decode((): &(), mut bytes: &'a [u8]) -> Result<T> {
        let cut_short = || decode_error("a message that is cut short before it begins");
        let numbers = read_varint(&mut bytes).ok_or_else(cut_short)?;
        for _ in 0..numbers {
            read_varint(&mut bytes).ok_or_else(cut_short)?;
        }
        <Protobuf as Decode<'a, T>>::decode(bytes)
    }
}

/// A zigzag varint.
fn write_varint(number: i64, out: &mut Vec<u8>) {
    let mut rest = ((number << 1) ^ (number >> 63)) as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn read_varint(bytes: &mut &[u8]) -> Option<i64> {
    let mut value: u64 = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    None
}
