use super::{Decode, Encode, FixedSize, decode_error};
use crate::Result;

/// A UUID as text of 36 characters, as Kafka's `UUIDSerializer`.
#[derive(Clone, Copy, Debug)]
pub enum Uuid {}

impl Encode<uuid::Uuid> for Uuid {
    #[inline]
    fn encode(value: &uuid::Uuid, out: &mut Vec<u8>) -> Result<()> {
        let mut text = uuid::Uuid::encode_buffer();
        out.extend_from_slice(value.hyphenated().encode_lower(&mut text).as_bytes());
        Ok(())
    }
}

impl<'a> Decode<'a, uuid::Uuid> for Uuid {
    #[inline]
    fn decode(bytes: &'a [u8]) -> Result<uuid::Uuid> {
        uuid::Uuid::try_parse_ascii(bytes)
            .map_err(|e| decode_error(format_args!("not the text of a UUID: {e}")))
    }
}

impl FixedSize<uuid::Uuid> for Uuid {
    const SIZE: Option<usize> = Some(36);
}
