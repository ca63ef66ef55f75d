use std::marker::PhantomData;

use super::{Decode, Encode, decode_error};
use crate::Result;
use crate::schema::{self, DecodeWithSchema, EncodeWithSchema, Part};

/// What Confluent's serializers write: a zero byte, the number of the schema in the registry (4 bytes,
/// big endian), then the value in the format `F` (avro, protobuf or json).
///
/// The language writes `registry(avro)`; the macro fills in the number of the topic and whether it
/// is its key, which give the subject (`orders-value`).
#[derive(Clone, Copy, Debug)]
pub struct Registered<F, const TOPIC: u16, const KEY: bool>(PhantomData<F>);

const MAGIC: u8 = 0;

const fn part(key: bool) -> Part {
    if key { Part::Key } else { Part::Value }
}

impl<T: ?Sized, F: EncodeWithSchema<T>, const TOPIC: u16, const KEY: bool> Encode<T>
    for Registered<F, TOPIC, KEY>
{
    fn encode(value: &T, out: &mut Vec<u8>) -> Result<()> {
        let id = schema::id::<F, T>(TOPIC, part(KEY))?;
        out.push(MAGIC);
        out.extend_from_slice(&id.to_be_bytes());
        F::encode(value, out)
    }
}

impl<'a, T, F: DecodeWithSchema<'a, T>, const TOPIC: u16, const KEY: bool> Decode<'a, T>
    for Registered<F, TOPIC, KEY>
{
    fn decode(bytes: &'a [u8]) -> Result<T> {
        let Some((head, value)) = bytes.split_first_chunk::<5>() else {
            return Err(decode_error(format_args!(
                "{} bytes are too few for a value with a schema: a zero and 4 bytes with the \
                 schema's number come first",
                bytes.len()
            )));
        };
        let [MAGIC, id @ ..] = *head else {
            return Err(decode_error(format_args!(
                "the first byte is {}, not 0: it was not written with a schema registry",
                head[0]
            )));
        };
        let reader = schema::reader::<F, T>(i32::from_be_bytes(id))?;
        F::decode(&reader, value)
    }
}
