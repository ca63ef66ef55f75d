//! Types with schemas. They are written out here; in a program `#[derive(AvroSchema)]` and
//! `#[derive(Message)]` write them.

use apache_avro::AvroSchema;
use prost::bytes::{Buf, BufMut};
use prost::encoding::{DecodeContext, WireType, int64, skip_field, string};
use prost::{DecodeError, Message};
use serde::{Deserialize, Serialize};
use streams::format::ProtobufSchema;

fn schema(text: &str) -> apache_avro::Schema {
    apache_avro::Schema::parse_str(text).unwrap()
}

/// An order, as the shop writes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub account: String,
    pub amount: i64,
}

impl AvroSchema for Order {
    fn get_schema() -> apache_avro::Schema {
        schema(
            r#"{"type": "record", "name": "Order", "namespace": "shop", "fields": [
                {"name": "account", "type": "string"}, {"name": "amount", "type": "long"}]}"#,
        )
    }
}

/// An order, as the shop writes it a year later: amounts have fractions, and there is a note.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename = "Order")]
pub struct LaterOrder {
    pub account: String,
    pub amount: f64,
    pub note: Option<String>,
}

impl AvroSchema for LaterOrder {
    fn get_schema() -> apache_avro::Schema {
        schema(
            r#"{"type": "record", "name": "Order", "namespace": "shop", "fields": [
                {"name": "account", "type": "string"}, {"name": "amount", "type": "double"},
                {"name": "note", "type": ["null", "string"], "default": null}]}"#,
        )
    }
}

/// What an account has spent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Total {
    pub account: String,
    pub total: i64,
}

impl AvroSchema for Total {
    fn get_schema() -> apache_avro::Schema {
        schema(
            r#"{"type": "record", "name": "Total", "namespace": "shop", "fields": [
                {"name": "account", "type": "string"}, {"name": "total", "type": "long"}]}"#,
        )
    }
}

/// The second message of its file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notice {
    pub account: String,
    pub total: i64,
}

impl ProtobufSchema for Notice {
    const PROTO: &'static str = r#"syntax = "proto3";
package shop;

message Greeting {
  string text = 1;
}

message Notice {
  string account = 1;
  int64 total = 2;
}
"#;
    const PLACE: &'static [i32] = &[1];
}

impl Message for Notice {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        string::encode(1, &self.account, buf);
        int64::encode(2, &self.total, buf);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        ctx: DecodeContext,
    ) -> Result<(), DecodeError> {
        match tag {
            1 => string::merge(wire_type, &mut self.account, buf, ctx),
            2 => int64::merge(wire_type, &mut self.total, buf, ctx),
            _ => skip_field(wire_type, tag, buf, ctx),
        }
    }

    fn encoded_len(&self) -> usize {
        string::encoded_len(1, &self.account) + int64::encoded_len(2, &self.total)
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}
