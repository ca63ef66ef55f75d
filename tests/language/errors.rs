use streams::format::Encode;
use streams::prelude::*;
use streams::test_driver::Driver;
use streams::{Error, ErrorKind, HeaderBuf, RecordRef};

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

/// Writes numbers below 100.
pub enum Small {}

impl Encode<i64> for Small {
    fn encode(number: &i64, out: &mut Vec<u8>) -> streams::Result<()> {
        match u8::try_from(*number).ok().filter(|n| *n < 100) {
            Some(small) => out.push(small),
            None => return Err(Error::new(ErrorKind::Encode, "the number is not small")),
        }
        Ok(())
    }
}

impl streams::format::Decode<'_, i64> for Small {
    fn decode(bytes: &[u8]) -> streams::Result<i64> {
        Ok(i64::from(bytes.first().copied().unwrap_or_default()))
    }
}

#[topology]
mod policies {
    use super::Small;

    const LETTERS: &str = "letters";

    fn even(n: i64) -> Result<i64, String> {
        if n % 2 == 0 { Ok(n / 2) } else { Err(format!("{n} is odd")) }
    }

    topology! {
        on_error = dead_letter("all");
        on_processing_error = skip;
        source values: stream<String, i64> = "values";
        source strict: stream<String, i64> = "strict", on_error = fail, invalid_time = skip;
        sink out: stream<String, i64> = "out", format = Small;
        sink careless: stream<String, i64> = "careless", format = Small, on_error = skip;

        values.map_values(|v| even(*v)?, on_error = dead_letter(LETTERS)).to(out);
        values.map_values(|v| even(*v)?).to(careless);
        strict.map_values(|v| even(*v)?, on_error = fail).to(out);
    }
}

/// The records of a topic: key, value, timestamp, and the headers that say what went wrong.
fn letters(driver: &mut Driver, topic: &str) -> Vec<(String, Vec<u8>, i64, Vec<String>)> {
    let mut found = Vec::new();
    let read = driver.read(topic, |_, record| {
        let headers = record.headers.iter();
        let shown = |v: Option<&[u8]>| String::from_utf8_lossy(v.unwrap()).into_owned();
        found.push((
            String::from_utf8_lossy(record.key.unwrap_or(b"-")).into_owned(),
            record.value.unwrap_or(b"-").to_vec(),
            record.timestamp,
            headers.map(|(name, value)| format!("{name}={}", shown(value))).collect(),
        ));
        Ok(())
    });
    read.unwrap();
    found
}

#[test]
fn a_dead_letter_is_the_record_as_it_was_with_what_went_wrong_in_its_headers() {
    let mut driver = policies::test_driver();
    let mut headers = HeaderBuf::new();
    headers.push("trace", Some(b"7"));
    driver.values().pipe_with_headers(s("k"), 3, 5, &headers).unwrap();
    driver.pipe("values", &RecordRef::new(0, 6, Some(b"k"), Some(b"abc"))).unwrap();
    let odd = letters(&mut driver, "letters");
    let expected = [
        "trace=7",
        "__streams.errors.exception=Processing",
        "__streams.errors.message=values, partition 0, offset 0: `map_values-2` failed: 3 is odd",
        "__streams.errors.stacktrace=values, partition 0, offset 0: `map_values-2` failed: 3 is odd\ncaused by: 3 is odd",
        "__streams.errors.topic=values",
        "__streams.errors.partition=0",
        "__streams.errors.offset=0",
    ];
    assert_eq!(odd, [(s("k"), 3i64.to_be_bytes().to_vec(), 5, expected.map(s).to_vec())]);
    let unread = letters(&mut driver, "all");
    assert_eq!(unread.len(), 1);
    let (key, value, timestamp, headers) = &unread[0];
    assert_eq!((key.as_str(), value.as_slice(), *timestamp), ("k", &b"abc"[..], 6));
    assert!(headers.contains(&s("__streams.errors.exception=Decode")), "{headers:?}");
    assert!(headers.contains(&s("__streams.errors.offset=1")), "{headers:?}");
    let counters = driver.counters();
    assert_eq!((counters.dead_letters, counters.skipped), (2, 1), "the other chain skips");
}

#[test]
fn source_operator_and_sink_have_policies_of_their_own() {
    let mut driver = policies::test_driver();
    // Half of it is not small: the sink of one chain goes by the topology, that of the other skips.
    driver.values().pipe(s("k"), 1_000, 1).unwrap();
    driver.values().pipe(s("k"), 10, 2).unwrap();
    assert_eq!(letters(&mut driver, "all").len(), 1);
    assert_eq!(driver.counters().skipped, 1);
    assert_eq!(driver.out().read_key_values().unwrap(), [(s("k"), 5)]);
    assert_eq!(driver.careless().read_key_values().unwrap(), [(s("k"), 5)]);
    let failed = driver.strict().pipe(s("k"), 3, 1).unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Processing);
    let unread = driver.pipe("strict", &RecordRef::new(0, 6, Some(b"k"), None)).unwrap_err();
    assert_eq!(unread.kind(), ErrorKind::Decode);
    driver.strict().pipe(s("k"), 2, -1).unwrap();
    assert_eq!(driver.counters().skipped, 2, "a negative timestamp has a policy, too");
    assert_eq!(letters(&mut driver, "letters"), []);
}

#[topology]
mod times {
    topology! {
        source fixed: stream<String, i64> = "fixed", time = |_, v, cx| if *v == 0 { cx.partition_time } else { *v },
            invalid_time = skip;
        source last: stream<String, i64> = "last", invalid_time = partition_time;
        source lost: stream<String, i64> = "lost", invalid_time = dead_letter("lost-letters");
        sink out: stream<String, i64> = "out";

        fixed.to(out);
        last.to(out);
        lost.to(out);
    }
}

#[test]
fn a_timestamp_may_come_from_those_before_it_in_the_partition() {
    let mut driver = times::test_driver();
    for v in [0, 7, 3, 0, 9, -4, 0] {
        driver.fixed().pipe(s("k"), v, 1_000).unwrap();
    }
    let out = driver.out().read().unwrap();
    let got: Vec<_> = out.iter().map(|r| (r.value.unwrap(), r.timestamp)).collect();
    // Before the first there is none, and a negative one is none.
    assert_eq!(got, [(7, 7), (3, 3), (0, 7), (9, 9), (0, 9)]);
    assert_eq!(driver.counters().skipped, 2);
}

#[test]
fn a_record_without_a_timestamp_takes_its_partitions_or_goes_to_the_dead_letters() {
    let mut driver = times::test_driver();
    driver.last().pipe(s("k"), 1, 20).unwrap();
    driver.last().pipe(s("k"), 2, 10).unwrap();
    driver.last().pipe(s("k"), 3, -1).unwrap();
    driver.lost().pipe(s("k"), 4, -1).unwrap();
    driver.lost().pipe(s("k"), 5, 3).unwrap();
    let out = driver.out().read().unwrap();
    let got: Vec<_> = out.iter().map(|r| (r.value.unwrap(), r.timestamp)).collect();
    assert_eq!(got, [(1, 20), (2, 10), (3, 20), (5, 3)]);
    let lost = letters(&mut driver, "lost-letters");
    assert_eq!(lost.len(), 1);
    assert_eq!(lost[0].2, 0, "a topic takes no negative timestamp");
    let mut driver = times::test_driver();
    let none = driver.last().pipe(s("k"), 1, -1).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::Timestamp, "there is none before the first record");
}
