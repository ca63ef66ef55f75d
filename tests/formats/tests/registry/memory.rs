use std::sync::Arc;

use streams::schema::{MemoryRegistry, Schema, SchemaRegistry, SchemaType};
use streams::{ErrorKind, RecordRef};

use crate::topologies::{later, shop};
use crate::types::{LaterOrder, Order, Total};

fn order(account: &str, amount: i64) -> Order {
    Order { account: account.to_owned(), amount }
}

/// Key and value of every record in a topic.
fn raw(driver: &mut shop::TestDriver, topic: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut all = Vec::new();
    driver
        .read(topic, |_, r| {
            all.push((r.key.unwrap_or_default().to_vec(), r.value.unwrap_or_default().to_vec()));
            Ok(())
        })
        .unwrap();
    all
}

#[test]
fn a_zero_and_the_schemas_number_come_before_the_value() {
    let registry = Arc::new(MemoryRegistry::new());
    let mut driver = shop::test_driver();
    driver.use_registry(registry.clone());
    driver.orders().pipe("1".to_owned(), order("ann", 5), 61_000).unwrap();

    let (_, totals) = raw(&mut driver, "totals").remove(0);
    let id = registry.versions("totals-value");
    assert_eq!(id.len(), 1);
    // Avro: the length of a text is a zigzag varint, and so is the number.
    assert_eq!(totals, [&[0, 0, 0, 0, id[0] as u8, 6], "ann".as_bytes(), &[10]].concat());

    let (_, report) = raw(&mut driver, "reports").remove(0);
    let id = registry.versions("reports-value")[0] as u8;
    assert_eq!(report, [&[0, 0, 0, 0, id], &br#"{"account":"ann","total":5}"#[..]].concat());
    assert!(registry.schema(i32::from(id)).unwrap().text.contains("draft-07"));

    // The message's place in its file: one number, which is 1; both are zigzag varints.
    let (_, notice) = raw(&mut driver, "notices").remove(0);
    let id = registry.versions("notices-value")[0] as u8;
    assert_eq!(notice, [&[0, 0, 0, 0, id, 2, 2, 10, 3], "ann".as_bytes(), &[16, 5]].concat());

    // Of a windowed key the key has a schema; the window's start comes after it.
    let (key, _) = raw(&mut driver, "by-minute").remove(0);
    let id = registry.versions("by-minute-key")[0] as u8;
    let start = 60_000i64.to_be_bytes();
    assert_eq!(key, [&[0, 0, 0, 0, id, 6], "ann".as_bytes(), &start].concat());
}

#[test]
fn every_boundary_has_a_subject_of_its_own_and_one_schema_one_number() {
    let registry = Arc::new(MemoryRegistry::new());
    let mut driver = shop::test_driver();
    driver.use_registry(registry.clone());
    driver.orders().pipe("1".to_owned(), order("ann", 5), 0).unwrap();
    let orders = registry.versions("orders-value");
    assert_eq!(registry.versions("shop-spent-repartition-value"), orders);
    assert!(registry.versions("orders-key").is_empty());
    assert_eq!(driver.spent().get("ann").unwrap().unwrap().0.total, 5);
    driver.store_rows("spent").unwrap();
    let totals = registry.versions("totals-value");
    assert_eq!(registry.versions("shop-spent-changelog-value"), totals);
    assert_eq!(driver.totals().read_key_values().unwrap().len(), 1);
    assert_eq!(
        driver.reports().read_key_values().unwrap()[0].1,
        Total { account: "ann".into(), total: 5 }
    );
    assert_eq!(driver.notices().read_key_values().unwrap()[0].1.total, 5);
    assert_eq!(driver.by_minute().read_key_values().unwrap()[0].0.key, "ann");
}

#[test]
fn what_an_older_version_wrote_is_read_by_the_rules_of_avro() {
    let registry = Arc::new(MemoryRegistry::new());
    let mut shop = shop::test_driver();
    shop.use_registry(registry.clone());
    shop.orders().pipe("1".to_owned(), order("ann", 5), 0).unwrap();
    let id = registry.versions("orders-value")[0];
    let value = [&[0], &id.to_be_bytes()[..], &[6], b"ann", &[10]].concat();
    let mut later = later::test_driver();
    later.use_registry(registry);
    later.pipe("orders", &RecordRef::new(0, 1, Some(b"1"), Some(&value))).unwrap();
    let read = later.kept().read_key_values().unwrap();
    let expected = LaterOrder { account: "ann".into(), amount: 5.0, note: None };
    assert_eq!(read, [("1".to_owned(), expected)]);
}

#[test]
fn a_value_without_a_schema_is_the_records_fault() {
    let registry = Arc::new(MemoryRegistry::new());
    let mut shop = shop::test_driver();
    shop.use_registry(registry.clone());
    for (value, expected) in [
        (&[][..], "0 bytes are too few"),
        (&[7, 0, 0, 0, 1, 2], "the first byte is 7, not 0"),
        (&[0, 0, 0, 0, 99, 2], "the registry has no schema 99"),
    ] {
        let error =
            shop.pipe("orders", &RecordRef::new(0, 1, Some(b"1"), Some(value))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains(expected), "{error}");
    }
    // A number of a schema that is of something else.
    let other = Schema { schema_type: SchemaType::Avro, text: r#""bytes""#.into() };
    let id = registry.id("x", &other).unwrap();
    let value = [&[0], &id.to_be_bytes()[..], &[0]].concat();
    let record = RecordRef::new(0, 1, Some(b"1"), Some(&value));
    let error = shop.pipe("orders", &record).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);

    let mut later = later::test_driver();
    later.pipe("orders", &RecordRef::new(0, 1, Some(b"1"), Some(&[0, 0]))).unwrap();
    assert_eq!(later.counters().skipped, 1);
}

/// Two topologies on one thread do not see each other's registries.
#[test]
fn each_test_driver_has_its_own_registry() {
    let mut one = shop::test_driver();
    let mut other = later::test_driver();
    one.orders().pipe("1".to_owned(), order("ann", 5), 0).unwrap();
    let later = LaterOrder { account: "bo".into(), amount: 2.5, note: Some("x".into()) };
    other.orders().pipe("2".to_owned(), later.clone(), 0).unwrap();
    one.orders().pipe("1".to_owned(), order("ann", 6), 0).unwrap();
    assert_eq!(other.kept().read_key_values().unwrap(), [("2".to_owned(), later)]);
    assert_eq!(one.totals().read_key_values().unwrap()[1].1.total, 11);
    assert_eq!(one.spent().get("ann").unwrap().unwrap().0.total, 11);
}
