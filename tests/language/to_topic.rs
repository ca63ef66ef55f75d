use streams::prelude::*;

use crate::s;

#[topology]
mod sorted {
    topology! {
        source orders: stream<String, Option<i64>> = "orders";
        source late: stream<String, String> = "late";
        sink out: stream<String, String> = "out";

        orders.to_topic(|_, v, cx| match v {
            Some(v) => format!("size-{}", v.to_string().len()),
            None => format!("nothing-at-{}", cx.timestamp),
        });
        late.map_values(|v| -> Vec<i64> { vec![v.len() as i64] }).to_topic(|k, _| k.clone(), format = json);
        late.to(out);
    }
}

#[test]
fn each_record_goes_to_the_topic_that_it_names() {
    let mut driver = sorted::test_driver();
    for (v, ts) in [(Some(5), 1), (Some(17), 2), (None, 3), (Some(6), 4)] {
        driver.orders().pipe(s("k"), v, ts).unwrap();
    }
    driver.late().pipe(s("own"), s("four"), 9).unwrap();
    // A topic that a record names may be one that the topology reads, and has other values.
    let unread = driver.late().pipe(s("orders"), s("x"), 10).unwrap_err();
    assert!(unread.to_string().starts_with("orders, partition 0, offset 4: "), "{unread}");
    let mut read = |topic: &str| {
        let mut found = Vec::new();
        let each = |cause, record: streams::OutputRecord<'_>| {
            found.push((cause, record.value.map(<[u8]>::to_vec), record.timestamp));
            Ok(())
        };
        driver.read(topic, each).unwrap();
        found
    };
    let number = |n: i64| Some(n.to_be_bytes().to_vec());
    assert_eq!(read("size-1"), [(0, number(5), 1), (3, number(6), 4)]);
    assert_eq!(read("size-2"), [(1, number(17), 2)]);
    assert_eq!(read("nothing-at-3"), [(2, None, 3)]);
    assert_eq!(read("own"), [(4, Some(b"[4]".to_vec()), 9)]);
    assert_eq!(read("nothing-at-4"), []);
}
