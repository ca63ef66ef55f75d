//! What holds of the formats that need other crates: values come back, and any bytes are a value or
//! an error of the record.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    dead_code,
    reason = "tests fail by panicking; some types are for other tests"
)]

#[path = "registry/topologies.rs"]
mod topologies;
#[path = "registry/types.rs"]
mod types;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use streams::format::{Avro, Decode, Encode, Postcard, Protobuf, Uuid};
use streams::schema::{Schema, SchemaRegistry, SchemaType};
use streams::{ErrorKind, RecordRef};
use types::{LaterOrder, Notice, Order};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Dot,
    Line(f32, Option<String>),
    Group { parts: Vec<Shape>, colour: u8 },
}

fn shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        Just(Shape::Dot),
        (prop::num::f32::NORMAL, any::<Option<String>>()).prop_map(|(x, s)| Shape::Line(x, s)),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        (prop::collection::vec(inner, 0..4), any::<u8>())
            .prop_map(|(parts, colour)| Shape::Group { parts, colour })
    })
}

fn comes_back<F, T>(value: &T) -> Result<(), TestCaseError>
where
    F: Encode<T> + for<'a> Decode<'a, T>,
    T: PartialEq + std::fmt::Debug,
{
    let fail = |e: streams::Error| TestCaseError::fail(format!("{e:?}"));
    let mut bytes = Vec::new();
    F::encode(value, &mut bytes).map_err(fail)?;
    prop_assert_eq!(&F::decode(&bytes).map_err(fail)?, value);
    Ok(())
}

fn is_a_value_or_an_error<F, T>(bytes: &[u8]) -> Result<(), TestCaseError>
where
    F: for<'a> Decode<'a, T>,
{
    prop_assert!(F::decode(bytes).err().is_none_or(|e| e.kind() == ErrorKind::Decode));
    Ok(())
}

proptest! {
    #[test]
    fn postcard_comes_back(shape in shape()) {
        comes_back::<Postcard, _>(&shape)?;
    }

    #[test]
    fn avro_comes_back(account: String, amount: i64, other in prop::num::f64::NORMAL, note: Option<String>) {
        comes_back::<Avro, _>(&Order { account: account.clone(), amount })?;
        comes_back::<Avro, _>(&LaterOrder { account, amount: other, note })?;
    }

    #[test]
    fn protobuf_comes_back(account: String, total: i64) {
        comes_back::<Protobuf, _>(&Notice { account, total })?;
    }

    #[test]
    fn uuids_come_back(bits: u128) {
        comes_back::<Uuid, _>(&uuid::Uuid::from_u128(bits))?;
    }

    #[test]
    fn any_bytes_are_a_value_or_an_error(bytes: Vec<u8>) {
        is_a_value_or_an_error::<Postcard, Shape>(&bytes)?;
        is_a_value_or_an_error::<Avro, Order>(&bytes)?;
        is_a_value_or_an_error::<Avro, LaterOrder>(&bytes)?;
        is_a_value_or_an_error::<Protobuf, Notice>(&bytes)?;
        is_a_value_or_an_error::<Uuid, uuid::Uuid>(&bytes)?;
    }

    /// Nothing behind a schema's number, nor the number itself, nor the schema, is a panic.
    #[test]
    fn any_bytes_with_a_schema_are_a_record_or_skipped(
        value: Vec<u8>, tail: Vec<u8>, id in 0..5i32, foreign in 0..4usize,
    ) {
        let registry = std::sync::Arc::new(streams::schema::MemoryRegistry::new());
        let texts = [
            r#""string""#,
            r#"{"type": "array", "items": "long"}"#,
            r#"{"type": "record", "name": "Order", "namespace": "shop", "fields": []}"#,
            r#"{"type": "nonsense"}"#,
        ];
        let avro = |text: &str| Schema { schema_type: SchemaType::Avro, text: text.to_owned() };
        for text in texts.iter().cycle().skip(foreign).take(2) {
            registry.id("orders-value", &avro(text)).unwrap();
        }
        let mut driver = topologies::later::test_driver();
        driver.use_registry(registry);
        let order = LaterOrder { account: "ann".into(), amount: 2.0, note: None };
        driver.orders().pipe("1".to_owned(), order, 0).unwrap();
        let framed = [&[0], &id.to_be_bytes()[..], &tail].concat();
        for bytes in [value, framed] {
            driver.pipe("orders", &RecordRef::new(0, 1, Some(b"1"), Some(&bytes))).unwrap();
        }
    }
}
