use streams::prelude::*;
use streams::{ErrorKind, RecordRef};

use crate::s;

#[topology]
mod failing {
    topology! {
        source values: stream<String, i64> = "values";
        sink out: stream<String, i64> = "out";

        values.map_values(|v| -> i64 { i64::from(i32::try_from(*v)?) }).to(out);
    }
}

#[topology]
mod skipping {
    topology! {
        on_error = skip;
        source values: stream<String, i64> = "values";
        sink out: stream<String, i64> = "out";

        values.to(out);
    }
}

#[test]
fn an_undecodable_record_names_its_topic_partition_and_offset() {
    let mut driver = failing::test_driver();
    driver.values().pipe(s("k"), 1, 0).unwrap();
    let error = driver.pipe("values", &RecordRef::new(0, 0, Some(b"k"), Some(b"abc"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(
        error.to_string(),
        "values, partition 0, offset 1: the value cannot be decoded: 3 bytes where a big-endian i64 has 8"
    );
}

#[test]
fn a_closures_error_names_the_operator_and_the_record() {
    let mut driver = failing::test_driver();
    let error = driver.values().pipe(s("k"), i64::MAX, 0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Processing);
    assert_eq!(
        error.to_string(),
        "values, partition 0, offset 0: `map_values-1` failed: out of range integral type conversion attempted"
    );
}

#[test]
fn skipped_records_are_counted_and_do_not_move_time() {
    let mut driver = skipping::test_driver();
    driver.pipe("values", &RecordRef::new(0, 9, Some(b"k"), Some(b"abc"))).unwrap();
    driver.pipe("values", &RecordRef::new(0, 9, None, Some(&[0; 8]))).unwrap();
    driver.pipe("values", &RecordRef::new(0, 9, Some(b"k"), None)).unwrap();
    driver.values().pipe(s("k"), 1, -5).unwrap();
    driver.values().pipe(s("k"), 2, 4).unwrap();
    assert_eq!(driver.out().read_key_values().unwrap(), [(s("k"), 2)]);
    assert_eq!((driver.counters().skipped, driver.stream_time()), (4, 4));
}

#[test]
fn an_unknown_topic_is_named_with_those_there_are() {
    let mut driver = skipping::test_driver();
    let error = driver.pipe("vlaues", &RecordRef::new(0, 0, None, None)).unwrap_err();
    assert_eq!(error.to_string(), "the topology has no topic `vlaues`; it has values, out");
}
