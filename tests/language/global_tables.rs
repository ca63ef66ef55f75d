use streams::prelude::*;

use crate::s;

#[topology]
mod orders {
    topology! {
        source orders: stream<Option<String>, Option<String>> = "orders";
        source counts: stream<String, i64> = "counts";
        /// What there is to buy.
        global products: table<i64, String> = "products";
        sink named: stream<Option<String>, String> = "named";
        sink all: stream<Option<String>, String> = "all";
        sink again: stream<String, String> = "again";

        orders.join(products, |text| text.parse::<i64>().ok(), |text, name| format!("{text}={name}")).to(named);
        orders
            .left_join(products, |key, _| -> Option<i64> {
                key.as_ref().and_then(|key| key.parse().ok())
            }, |key, text, name| {
                format!("{key:?} {text} {name:?}")
            })
            .to(all);
        // The same table from another part of the topology; the stream keeps its key.
        counts
            .select_key(|_, n| -> String { n.to_string() })
            .join(products, |n| n, |n, name| format!("{n} {name}"))
            .to(again);
    }
}

#[test]
fn a_record_names_its_row_and_keeps_its_key() {
    let mut driver = orders::test_driver();
    driver.orders().pipe(s("1"), s("7"), 1).unwrap();
    driver.products().pipe(7, s("tea"), 500).unwrap();
    driver.products().pipe(None, s("nobody's"), 500).unwrap();
    driver.orders().pipe(s("7"), s("7"), 2).unwrap();
    driver.orders().pipe(None, s("7"), 3).unwrap();
    driver.orders().pipe(s("x"), s("y"), 4).unwrap();
    driver.orders().pipe(s("7"), None, 5).unwrap();
    driver.counts().pipe(s("k"), 7, 6).unwrap();
    driver.products().pipe(7, None, 7).unwrap();
    driver.orders().pipe(s("7"), s("7"), 8).unwrap();

    let named = driver.named().read().unwrap();
    let row = |r: &streams::test_driver::TestRecord<String, String>| {
        (r.key.clone(), r.value.clone().unwrap(), r.timestamp)
    };
    let got: Vec<_> = named.iter().map(row).collect();
    assert_eq!(got, [(Some(s("7")), s("7=tea"), 2), (None, s("7=tea"), 3)]);
    let all = driver.all().read().unwrap();
    let got: Vec<_> = all.iter().map(|r| r.value.as_deref().unwrap()).collect();
    let expected = [
        r#"Some("1") 7 None"#,
        r#"Some("7") 7 Some("tea")"#,
        // Without a key it is joined with nothing; with one that names no row it is dropped.
        "None 7 None",
        r#"Some("7") 7 None"#,
    ];
    assert_eq!(got, expected);
    assert_eq!(driver.again().read_key_values().unwrap(), [(s("7"), s("7 tea"))]);
    // The table's time is not the stream's.
    assert_eq!(driver.stream_time(), 8);
    let internal = driver.description().topics.iter().filter(|t| t.is_internal()).count();
    assert_eq!(internal, 0, "no changelog, and nothing is repartitioned");
}

#[topology]
mod skipping {
    topology! {
        source ids: stream<String, i64> = "ids";
        global names: table<i64, i64> = "names", on_error = skip, memory, partitions = 3;
        sink out: stream<String, i64> = "out";

        ids.join(names, |id| *id, |id, name| id + name).to(out);
    }
}

#[test]
fn a_row_that_cannot_be_read_is_left_out_if_the_table_says_so() {
    let mut driver = skipping::test_driver();
    let bad = streams::RecordRef {
        offset: 0,
        timestamp: 0,
        key: Some(&[0; 8]),
        value: Some(b"no number"),
        headers: streams::Headers::EMPTY,
    };
    driver.pipe("names", &bad).unwrap();
    driver.names().pipe(1, 10, 0).unwrap();
    driver.ids().pipe(s("k"), 1, 0).unwrap();
    driver.ids().pipe(s("k"), 0, 0).unwrap();
    assert_eq!(driver.out().read_key_values().unwrap(), [(s("k"), 11)]);
    assert_eq!(driver.counters().skipped, 1);
}
