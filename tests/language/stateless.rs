use streams::prelude::*;

use crate::s;

#[topology]
mod chain {
    topology! {
        source numbers: stream<String, i64> = "numbers";
        sink even: stream<String, String> = "even";
        sink odd: stream<String, i64> = "odd";
        sink words: stream<i64, String> = "words";

        let positive = numbers.filter(|_, n| *n > 0).filter_not(|n| *n > 100);

        positive
            .filter(|k, n| n % 2 == 0 && !k.is_empty())
            .map_values(|k, n| format!("{k}={n}"))
            .to(even);
        positive.filter(|n| n % 2 == 1).peek(|_, n| assert!(n % 2 == 1)).to(odd);
        positive
            .flat_map(|k, n| (0..*n).map(move |i| (i, format!("{k}{i}"))))
            .to(words);
    }
}

#[test]
fn filter_map_values_peek_and_flat_map_see_each_record_in_order() {
    let mut driver = chain::test_driver();
    for (i, n) in [2, -1, 3, 101].into_iter().enumerate() {
        driver.numbers().pipe(s("k"), n, i as i64).unwrap();
    }
    assert_eq!(driver.even().read_key_values().unwrap(), [(s("k"), s("k=2"))]);
    let odd = driver.odd().read().unwrap();
    assert_eq!(odd.len(), 1);
    assert_eq!((odd[0].value, odd[0].timestamp), (Some(3), 2));
    let words = driver.words().read_key_values().unwrap();
    let expected = [(0, "k0"), (1, "k1"), (0, "k0"), (1, "k1"), (2, "k2")];
    assert_eq!(words, expected.map(|(k, v)| (k, s(v))));
}

#[topology]
mod keys {
    topology! {
        source lines: stream<Option<String>, Option<String>> = "lines";
        sink pairs: stream<String, usize> = "pairs", format = json;
        sink selected: stream<String, Option<String>> = "selected";

        lines
            .map(|k, v| (v.clone().unwrap_or_default(), k.as_ref().map_or(0, String::len)))
            .to(pairs);
        lines
            .select_key(|k, v| format!("{:?}{:?}", k.as_deref(), v.as_deref()))
            .to(selected);
    }
}

#[test]
fn map_and_select_key_change_the_key_and_nulls_are_options() {
    let mut driver = keys::test_driver();
    driver.lines().pipe(None, s("v"), 1).unwrap();
    driver.lines().pipe(s("key"), None, 2).unwrap();
    assert_eq!(driver.pairs().read_key_values().unwrap(), [(s("v"), 0), (s(""), 3)]);
    let selected = driver.selected().read().unwrap();
    let got: Vec<_> = selected.into_iter().map(|r| (r.key, r.value)).collect();
    let first = (Some(s("NoneSome(\"v\")")), Some(s("v")));
    assert_eq!(got, [first, (Some(s("Some(\"key\")None")), None)]);
}

#[topology]
mod merged {
    topology! {
        source left: stream<String, i64> = "left";
        source right: stream<String, i64> = "right";
        sink all: stream<String, i64> = "all";

        let doubled = right.map_values(|n| -> i64 { n * 2 });
        let both = merge(left, doubled);
        both.map_values(|n| n + 1).to(all);
    }
}

#[test]
fn merge_takes_the_records_of_both_streams() {
    let mut driver = merged::test_driver();
    driver.left().pipe(s("l"), 10, 1).unwrap();
    driver.right().pipe(s("r"), 10, 2).unwrap();
    assert_eq!(driver.all().read_key_values().unwrap(), [(s("l"), 11), (s("r"), 21)]);
}

#[topology]
mod branches {
    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub enum Event {
        Login { user: String },
        Logout,
        Click(u32),
    }

    topology! {
        format = json;
        source events: stream<String, Event> = "events";
        sink logins: stream<String, String> = "logins";
        sink big: stream<String, Event> = "big";
        sink rest: stream<String, Event> = "rest";

        events.branch {
            Event::Login { user } => .map_values(|_| user.clone()).to(logins),
            Event::Click(n) if *n > 10 => big,
            else => rest,
        };
    }
}

#[test]
fn branch_takes_the_first_arm_that_fits() {
    use branches::Event;
    let mut driver = branches::test_driver();
    let events =
        [Event::Login { user: s("ann") }, Event::Click(11), Event::Click(10), Event::Logout];
    for (i, event) in events.into_iter().enumerate() {
        driver.events().pipe(s("k"), event, i as i64).unwrap();
    }
    assert_eq!(driver.logins().read_key_values().unwrap(), [(s("k"), s("ann"))]);
    assert_eq!(driver.big().read().unwrap().len(), 1);
    assert_eq!(driver.rest().read().unwrap().len(), 2);
}

#[topology]
mod context {
    topology! {
        source values: stream<String, String> = "values", time = |_, v| v.len() as i64;
        sink described: stream<String, String> = "described";

        values
            .map_values(|_, v, cx| format!(
                "{v}@{} {}/{}/{} st={} h={:?}",
                cx.timestamp, cx.topic, cx.partition, cx.offset, cx.stream_time,
                cx.headers.last("trace").flatten(),
            ))
            .to(described);
    }
}

#[test]
fn the_context_has_the_time_the_place_and_the_headers() {
    let mut driver = context::test_driver();
    let mut headers = streams::HeaderBuf::new();
    headers.push("trace", Some(b"t"));
    driver.values().pipe(s("k"), s("four"), 99).unwrap();
    driver.values().pipe_with_headers(s("k"), s("two"), 99, &headers).unwrap();
    let records = driver.described().read().unwrap();
    assert_eq!(records[0].value, Some(s("four@4 values/0/0 st=4 h=None")));
    assert_eq!(records[1].value, Some(s("two@3 values/0/1 st=4 h=Some([116])")));
    assert_eq!((records[1].timestamp, &records[1].headers), (3, &headers));
}

#[topology]
mod borrowed {
    topology! {
        source bytes: stream<&str, &[u8]> = "bytes";
        sink long: stream<&str, &[u8]> = "long";

        bytes.filter(|_, v| v.len() > 2).map_values(|v| &v[1..]).to(long);
    }
}

#[test]
fn keys_and_values_may_borrow_from_the_record() {
    let mut driver = borrowed::test_driver();
    driver.bytes().pipe(s("a"), vec![1, 2, 3], 0).unwrap();
    driver.bytes().pipe(s("b"), vec![1], 0).unwrap();
    assert_eq!(driver.long().read_key_values().unwrap(), [(s("a"), vec![2, 3])]);
}

#[topology]
mod chained_topics {
    const MIDDLE: &str = "middle";

    topology! {
        source first: stream<String, String> = "first";
        sink to_middle: stream<String, String> = MIDDLE;
        source middle: stream<String, String> = MIDDLE;
        sink last: stream<String, String> = "last";

        first.map_values(|v| v.to_uppercase()).to(to_middle);
        middle.map_values(|v| format!("{v}!")).to(last);
    }
}

#[test]
fn a_topic_that_is_written_and_read_is_processed_before_the_next_input() {
    let mut driver = chained_topics::test_driver();
    driver.first().pipe(s("k"), s("a"), 5).unwrap();
    driver.first().pipe(s("k"), s("b"), 6).unwrap();
    assert_eq!(driver.to_middle().read_key_values().unwrap().len(), 2);
    let last = driver.last().read_key_values().unwrap();
    assert_eq!(last, [(s("k"), s("A!")), (s("k"), s("B!"))]);
}
