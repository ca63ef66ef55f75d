use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};

use super::{Decode, Encode, Json};
use crate::Result;
use crate::schema::{DecodeWithSchema, EncodeWithSchema, Schema, SchemaType, WrittenSchema};

impl<T: Serialize + JsonSchema + ?Sized> EncodeWithSchema<T> for Json {
    /// By draft 7, which every registry knows.
    fn schema() -> Result<Schema> {
        let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<T>();
        Ok(Schema { schema_type: SchemaType::Json, text: schema.as_value().to_string() })
    }

    fn encode(value: &T, out: &mut Vec<u8>) -> Result<()> {
        <Json as Encode<T>>::encode(value, out)
    }
}

impl<'a, T: Deserialize<'a>> DecodeWithSchema<'a, T> for Json {
    type Reader = ();

    fn reader(_: impl FnOnce() -> Result<WrittenSchema>) -> Result<()> {
        Ok(())
    }

    fn decode((): &(), bytes: &'a [u8]) -> Result<T> {
        <Json as Decode<'a, T>>::decode(bytes)
    }
}
