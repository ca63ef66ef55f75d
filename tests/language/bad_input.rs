//! Bad input, for each operator: nulls, empty and oversized keys, bytes that are no text, timestamps
//! before the beginning and at the end of time. What comes out is defined, and nothing panics.

use streams::RecordRef;
use streams::prelude::*;
use streams::test_driver::Driver;

const END: i64 = i64::MAX;
const LONG: usize = 300_000;

/// Key, value, timestamp.
type Piped = (Option<Vec<u8>>, Option<Vec<u8>>, i64);

/// What is piped in.
fn records() -> Vec<Piped> {
    let (k, v) = (|| Some(b"k".to_vec()), || Some(b"v".to_vec()));
    vec![
        (None, v(), 5),
        (k(), None, 6),
        (None, None, 7),
        (Some(Vec::new()), Some(Vec::new()), 8),
        (Some(vec![b'x'; LONG]), v(), 9),
        (k(), Some(vec![0xff]), 10),
        (Some(vec![0xff]), v(), 10),
        (k(), v(), -1),
        (k(), v(), i64::MIN),
        (k(), v(), 0),
        (k(), v(), END),
        (k(), v(), END),
        (k(), v(), 3),
    ]
}

/// What each record gave: `key=value@timestamp`, separated by blanks.
fn results(mut driver: Driver) -> Vec<String> {
    let text = |bytes: Option<&[u8]>| match bytes {
        None => "null".to_owned(),
        Some(bytes) => {
            let text = String::from_utf8_lossy(bytes).into_owned();
            text.replace(&"x".repeat(LONG), "long").replace(&END.to_string(), "END")
        }
    };
    let mut all = Vec::new();
    for (key, value, timestamp) in records() {
        let record = RecordRef::new(0, timestamp, key.as_deref(), value.as_deref());
        driver.pipe("values", &record).unwrap();
        let mut given = Vec::new();
        let read = driver.read("out", |_, record| {
            let at = text(Some(record.timestamp.to_string().as_bytes()));
            given.push(format!("{}={}@{at}", text(record.key), text(record.value)));
            Ok(())
        });
        read.unwrap();
        all.push(given.join(" "));
    }
    all
}

macro_rules! bad_input {
    ($($(#[$doc:meta])* $name:ident { $($body:tt)* } gives $expected:tt)*) => {
        $(
            #[topology]
            mod $name {
                #[allow(unused_imports, reason = "not every topology has a processor")]
                use super::{Keep, Last, windowed};

                topology! {
                    on_deserialization_error = skip;
                    invalid_time = skip;
                    source values: stream<Option<String>, Option<String>> = "values";
                    sink out: stream<Option<String>, Option<String>> = "out";
                    $($body)*
                }
            }
        )*

        #[test]
        fn what_bad_input_gives_is_defined_for_each_operator() {
            let mut wrong = Vec::new();
            $({
                let got = results(Driver::new::<$name::Topology>());
                let expected: [&str; 13] = $expected;
                if got != expected {
                    wrong.push(format!("{}: {got:#?}", stringify!($name)));
                }
            })*
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        }
    };
}

fn windowed(key: &Windowed<String>) -> String {
    format!("{}[{},{}]", key.key, key.window.start, key.window.end)
}

/// Keeps each key's last timestamp.
#[derive(Default)]
pub struct Keep;

/// The store of [`Keep`].
pub type Last =
    streams::store::KeyValueStore<String, i64, streams::format::Utf8, streams::format::BigEndian>;

impl Processor for Keep {
    type KeyIn = Option<String>;
    type ValueIn = Option<String>;
    type KeyOut = Option<String>;
    type ValueOut = Option<String>;
    type Stores<'s> = &'s mut Last;

    fn process(
        &mut self,
        key: &Option<String>,
        value: &Option<String>,
        last: &mut Last,
        cx: &mut ProcessorContext<'_, Option<String>, Option<String>>,
    ) -> Processed {
        let before = last.put(key.as_deref().unwrap_or(""), cx.timestamp, cx.timestamp)?;
        cx.forward(key.clone(), before.map(|t| t.to_string()).or_else(|| value.clone()));
        Ok(())
    }

    fn punctuate(
        &mut self,
        _: Punctuation,
        last: &mut Last,
        cx: &mut ProcessorContext<'_, Option<String>, Option<String>>,
    ) -> Processed {
        cx.forward(Some("all".to_owned()), Some(last.all()?.count().to_string()));
        Ok(())
    }
}

bad_input! {
    stateless {
        values.filter(|_, _| true).map_values(|v| -> Option<String> { v.clone() }).to(out);
    } gives [
        "null=v@5", "k=null@6", "null=null@7", "=@8", "long=v@9", "", "", "", "",
        "k=v@0", "k=v@END", "k=v@END", "k=v@3",
    ]

    repartitioned {
        values.select_key(|k, _| -> Option<String> { k.clone() }).repartition(again).map(|k, v| (Some(k.clone()), v.clone())).to(out);
    } gives [
        "", "k=null@6", "", "=@8", "long=v@9", "", "", "", "",
        "k=v@0", "k=v@END", "k=v@END", "k=v@3",
    ]

    counted {
        values.group_by_key().count(counts).to_stream().map(|k, n| (Some(k.clone()), Some(n.to_string()))).to(out);
    } gives [
        "", "", "", "=1@8", "long=1@9", "", "", "", "",
        "k=1@0", "k=2@END", "k=3@END", "k=4@END",
    ]

    reduced {
        values.group_by_key().reduce(longest, |old, new| if new.len() > old.len() { new.clone() } else { old.clone() })
            .to_stream().map(|k, v| (Some(k.clone()), Some(v.clone()))).to(out);
    } gives [
        "", "", "", "=@8", "long=v@9", "", "", "", "",
        "k=v@0", "k=v@END", "k=v@END", "k=v@END",
    ]

    aggregated {
        values.group_by_key().aggregate(all: String = String::new(), |v, all| all.push_str(v))
            .to_stream().map(|k, v| (Some(k.clone()), Some(v.clone()))).to(out);
    } gives [
        "", "", "", "=@8", "long=v@9", "", "", "", "",
        "k=v@0", "k=vv@END", "k=vvv@END", "k=vvvv@END",
    ]

    tumbling {
        values.group_by_key().window(tumbling(10s), grace(1s)).count(counts).to_stream()
            .map(|k, n| (Some(windowed(k)), Some(n.to_string()))).to(out);
    } gives [
        "", "k[0,10000]=1@6", "", "[0,10000]=1@8", "long[0,10000]=1@9", "", "", "", "",
        "k[0,10000]=2@6", "k[9223372036854770000,END]=1@END", "k[9223372036854770000,END]=2@END", "",
    ]

    hopping {
        values.group_by_key().window(hopping(10s, 5s), grace(1s)).count(counts).to_stream()
            .map(|k, n| (Some(windowed(k)), Some(n.to_string()))).to(out);
    } gives [
        "", "k[0,10000]=1@6", "", "[0,10000]=1@8", "long[0,10000]=1@9", "", "", "", "",
        "k[0,10000]=2@6",
        "k[9223372036854770000,END]=1@END k[9223372036854775000,END]=1@END",
        "k[9223372036854770000,END]=2@END k[9223372036854775000,END]=2@END",
        "",
    ]

    sliding {
        values.group_by_key().window(sliding(10s), grace(1s)).count(counts).to_stream()
            .map(|k, n| (Some(windowed(k)), n.map(|n| n.to_string()))).to(out);
    } gives [
        "", "", "", "[0,10000]=1@8", "long[0,10000]=1@9", "", "", "", "",
        "k[0,10000]=1@0", "k[9223372036854765807,END]=1@END", "k[9223372036854765807,END]=2@END", "",
    ]

    sessions {
        values.group_by_key().window(session(10s), grace(1s)).count(counts).to_stream()
            .map(|k, n| (Some(format!("{}[{},{}]", k.key, k.start, k.end)), n.map(|n| n.to_string()))).to(out);
    } gives [
        "", "k[6,6]=1@6", "", "[8,8]=1@8", "long[9,9]=1@9", "", "", "", "",
        "k[6,6]=null@6 k[0,6]=2@6", "k[END,END]=1@END", "k[END,END]=2@END", "",
    ]

    unlimited {
        values.group_by_key().window(unlimited).count(counts).to_stream()
            .map(|k, n| (Some(windowed(k)), Some(n.to_string()))).to(out);
    } gives [
        "", "k[0,END]=1@6", "", "[0,END]=1@8", "long[0,END]=1@9", "", "", "", "",
        "k[0,END]=2@6", "k[0,END]=3@END", "k[0,END]=4@END", "k[0,END]=5@END",
    ]

    tabled {
        values.to_table(latest).to_stream().map(|k, v| (Some(k.clone()), v.clone())).to(out);
    } gives [
        "", "k=null@6", "", "=@8", "long=v@9", "", "", "", "",
        "k=v@0", "k=v@END", "k=v@END", "k=v@3",
    ]

    joined {
        let rows = values.to_table(latest);
        values.join(rows, |left, right| -> String { format!("{left}{right}") }).map(|k, v| (Some(k.clone()), Some(v.clone()))).to(out);
    } gives [
        "", "", "", "=@8", "long=vv@9", "", "", "", "",
        "k=vv@0", "k=vv@END", "k=vv@END", "k=vv@3",
    ]

    streams_joined {
        let others = values.map_values(|v| -> Option<String> { v.clone() });
        values.join(others, |left, right| -> String { format!("{left}{right}") }, within(1s), grace(1s), name = both)
            .map(|k, v| (Some(k.clone()), Some(v.clone()))).to(out);
    } gives [
        "", "", "", "=@8", "long=vv@9", "", "", "", "",
        "k=vv@0", "k=vv@END", "k=vv@END k=vv@END k=vv@END", "",
    ]

    transformed {
        store seen: kv<String, i64>;
        values.transform(seen, |v, seen| -> Option<String> {
            *seen += 1;
            v.as_ref().map(|v| format!("{v}{seen}"))
        }).map(|k, v| (Some(k.clone()), v.clone())).to(out);
    } gives [
        "", "k=null@6", "", "=1@8", "long=v1@9", "", "", "", "",
        "k=v2@0", "k=v3@END", "k=v4@END", "k=v5@3",
    ]

    processed {
        store last: kv<String, i64>;
        values.process(Keep, last, punctuate(stream_time every 10s)).to(out);
    } gives [
        "null=v@5 all=1@5", "k=null@6", "null=5@7", "=7@8", "long=v@9", "", "", "", "",
        "k=6@0", "k=0@END all=3@END", "k=END@END", "k=END@3",
    ]

    named {
        values.map_values(|v| -> String { v.clone().unwrap_or_default() }).to_topic(|v| if v.is_empty() { "out" } else { "else" });
        values.filter(|k, _| k.is_none()).to(out);
    } gives [
        "null=v@5", "k=@6", "null=@7 null=null@7", "=@8", "", "", "", "", "", "", "", "", "",
    ]
}

#[test]
fn what_is_left_out_is_counted() {
    let mut driver = Driver::new::<tumbling::Topology>();
    for (key, value, timestamp) in records() {
        let record = RecordRef::new(0, timestamp, key.as_deref(), value.as_deref());
        driver.pipe("values", &record).unwrap();
    }
    let counters = driver.counters();
    assert_eq!((counters.skipped, counters.dropped_null, counters.dropped_late), (4, 2, 1));
}
