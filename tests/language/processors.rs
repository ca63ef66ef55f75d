use std::collections::BTreeMap;

use streams::ErrorKind;
use streams::prelude::*;

use crate::s;

#[topology]
mod shared {
    /// Counts, with a limit that it is made with.
    pub struct Limited {
        most: i64,
    }

    impl Limited {
        fn new(most: i64) -> Self {
            Self { most }
        }
    }

    impl FixedKeyProcessor for Limited {
        type Key = String;
        type ValueIn = i64;
        type ValueOut = i64;
        type Stores<'s> = (&'s mut stores::counts, &'s mut stores::names);

        fn process(
            &mut self,
            key: &String,
            value: &i64,
            (counts, names): (&mut stores::counts, &mut stores::names),
            cx: &mut FixedKeyContext<'_, i64>,
        ) -> Processed {
            let n = counts.get(key)?.map_or(0, |(n, _)| *n) + 1;
            counts.put(key, n, cx.timestamp)?;
            if n > self.most {
                let name = names.get(key)?.map_or("somebody", |(name, _)| name);
                return Err(format!("{name} has had {}", self.most).into());
            }
            cx.forward(*value);
            Ok(())
        }
    }

    /// Reads what the other one counts, and ends its chain.
    #[derive(Default)]
    pub struct Forget;

    impl Processor for Forget {
        type KeyIn = String;
        type ValueIn = String;
        type KeyOut = ();
        type ValueOut = ();
        type Stores<'s> = &'s mut stores::counts;

        fn process(
            &mut self,
            key: &String,
            _: &String,
            counts: &mut stores::counts,
            _: &mut ProcessorContext<'_, (), ()>,
        ) -> Processed {
            counts.delete(key)?;
            Ok(())
        }
    }

    topology! {
        source orders: stream<String, i64> = "orders";
        source resets: stream<String, String> = "resets";
        table names: table<String, String> = "names";
        sink out: stream<String, i64> = "out";
        store counts: kv<String, i64>, kafka_name = "orders-by-user";

        orders
            .process_values(Limited = Limited::new(2), counts, names, on_error = dead_letter("refused"))
            .to(out);
        resets.process(Forget, counts);
    }
}

#[test]
fn processors_share_stores_and_are_made_as_the_topology_says() {
    let mut driver = shared::test_driver();
    driver.names().pipe(s("u"), s("Ada"), 0).unwrap();
    for n in 1..=3 {
        driver.orders().pipe(s("u"), n, n).unwrap();
    }
    driver.resets().pipe(s("u"), s(""), 4).unwrap();
    driver.orders().pipe(s("u"), 4, 5).unwrap();
    assert_eq!(driver.out().read_key_values().unwrap(), [(s("u"), 1), (s("u"), 2), (s("u"), 4)]);
    let mut refused = Vec::new();
    let read = driver.read("refused", |cause, record| {
        let message = record.headers.last(streams::dead_letter::MESSAGE).flatten().unwrap();
        refused.push((cause, String::from_utf8_lossy(message).into_owned()));
        Ok(())
    });
    read.unwrap();
    let text = "orders, partition 0, offset 2: `process_values-3` failed: Ada has had 2";
    assert_eq!(refused, [(3, s(text))]);
    assert_eq!(driver.counts().get(&s("u")).unwrap(), Some((&1, 5)));
    let names: Vec<&str> = driver.description().topics.iter().map(|t| t.name).collect();
    assert!(names.contains(&"orders-by-user-changelog"), "{names:?}");
    assert_eq!(driver.description().subtopologies.len(), 1, "what shares a store is one part");
}

#[topology]
mod clocks {
    use super::Seen;

    impl Processor for Seen {
        type KeyIn = String;
        type ValueIn = i64;
        type KeyOut = String;
        type ValueOut = String;
        type Stores<'s> = ();

        fn process(
            &mut self,
            key: &String,
            value: &i64,
            (): (),
            cx: &mut ProcessorContext<'_, String, String>,
        ) -> Processed {
            match *value {
                // Each record asks for one thing.
                1 => {
                    let id = cx.schedule(PunctuationType::StreamTime, 100);
                    cx.forward(key.clone(), format!("made {}", id.0));
                }
                2 => {
                    cx.schedule(PunctuationType::WallClock, 5);
                }
                3 => {
                    cx.forward(key.clone(), "before".to_owned());
                    return Err("asked for".into());
                }
                _ => {
                    cx.forward(key.clone(), format!("at {}, {}", cx.stream_time, cx.wall_clock()));
                }
            }
            Ok(())
        }

        fn punctuate(
            &mut self,
            punctuation: Punctuation,
            (): (),
            cx: &mut ProcessorContext<'_, String, String>,
        ) -> Processed {
            let Punctuation { punctuation_type, timestamp, schedule } = punctuation;
            let fired = self.0.entry(schedule.0).or_default();
            *fired += 1;
            cx.forward(format!("{punctuation_type:?}"), format!("{} at {timestamp}", schedule.0));
            if *fired == 2 {
                cx.cancel(schedule);
            }
            Ok(())
        }
    }

    topology! {
        on_processing_error = skip;
        source values: stream<String, i64> = "values";
        sink out: stream<String, String> = "out";

        values
            .process(Seen, punctuate(stream_time every 10ms), punctuate(wall_clock every 3ms))
            .to(out);
    }
}

/// How often each schedule has fired.
#[derive(Default)]
pub struct Seen(BTreeMap<u32, u32>);

#[test]
fn schedules_fire_are_made_and_are_cancelled() {
    let mut driver = clocks::test_driver();
    let mut step = |value: i64, timestamp: i64, wall: i64| -> Vec<(String, String, i64)> {
        if wall > 0 {
            driver.advance_wall_clock(wall).unwrap();
        } else {
            driver.values().pipe(s("k"), value, timestamp).unwrap();
        }
        let out = driver.out().read().unwrap();
        out.into_iter().map(|r| (r.key.unwrap(), r.value.unwrap(), r.timestamp)).collect()
    };
    let stream = |text: &str, at: i64| (s("StreamTime"), s(text), at);
    let wall = |text: &str, at: i64| (s("WallClock"), s(text), at);
    assert_eq!(step(0, 4, 0), [(s("k"), s("at 4, 0"), 4), stream("0 at 4", 4)]);
    assert_eq!(step(0, 0, 2), []);
    assert_eq!(step(0, 0, 2), [wall("1 at 4", 4)]);
    // Made by a record, and due at once, as in Kafka Streams.
    assert_eq!(step(1, 6, 0), [(s("k"), s("made 2"), 6), stream("2 at 6", 6)]);
    assert_eq!(step(2, 7, 0), []);
    // The second time is each one's last; a late record moves no clock.
    assert_eq!(step(2, 25, 0), [stream("0 at 25", 25)]);
    assert_eq!(step(0, 9, 0), [(s("k"), s("at 25, 4"), 9)]);
    assert_eq!(step(0, 0, 6), [wall("1 at 10", 10), wall("3 at 10", 10), wall("4 at 10", 10)]);
    assert_eq!(step(0, 0, 100), [wall("3 at 110", 110), wall("4 at 110", 110)]);
    assert_eq!(step(0, 0, 100), []);
    assert_eq!(step(2, 200, 0), [stream("2 at 200", 200)]);
    // What was forwarded before an error goes on.
    assert_eq!(step(3, 300, 0), [(s("k"), s("before"), 300)]);
}

#[topology]
mod failing {
    #[derive(Default)]
    pub struct Fails;

    impl FixedKeyProcessor for Fails {
        type Key = String;
        type ValueIn = i64;
        type ValueOut = i64;
        type Stores<'s> = ();

        fn process(
            &mut self,
            _: &String,
            _: &i64,
            (): (),
            _: &mut FixedKeyContext<'_, i64>,
        ) -> Processed {
            Ok(())
        }

        fn punctuate(&mut self, _: Punctuation, (): (), _: &mut TaskHandle<'_>) -> Processed {
            Err("no reason".into())
        }
    }

    topology! {
        source values: stream<String, i64> = "values";
        sink out: stream<String, i64> = "out";

        values.process_values(Fails, punctuate(stream_time every 1s)).to(out);
    }
}

#[test]
fn an_error_of_a_punctuation_names_it() {
    let mut driver = failing::test_driver();
    let error = driver.values().pipe(s("k"), 1, 77).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Processing);
    let text = "partition 0, punctuation at 77: `process_values-1` failed: no reason";
    assert_eq!(error.to_string(), text);
}

#[topology]
mod rekeyed {
    #[derive(Default)]
    pub struct Number;

    impl Processor for Number {
        type KeyIn = String;
        type ValueIn = String;
        type KeyOut = String;
        type ValueOut = i64;
        type Stores<'s> = &'s mut stores::numbers;

        fn process(
            &mut self,
            key: &String,
            _: &String,
            numbers: &mut stores::numbers,
            cx: &mut ProcessorContext<'_, String, i64>,
        ) -> Processed {
            let n = numbers.get(key)?.map_or(0, |(n, _)| *n) + 1;
            numbers.put(key, n, cx.timestamp)?;
            cx.forward(key.clone(), n);
            Ok(())
        }
    }

    topology! {
        source words: stream<Option<String>, String> = "words";
        sink out: stream<String, i64> = "out";
        sink most: stream<String, i64> = "most";
        store numbers: kv<String, i64>;

        let numbered = words
            .select_key(|_, w| -> Option<String> { w.get(..1).map(str::to_owned) })
            .process(Number, numbers);
        numbered.to(out);
        numbered.group_by_key().reduce(largest, |old, new| *old.max(new)).to_stream().to(most);
    }
}

#[test]
fn behind_a_change_of_the_key_a_processor_with_a_store_has_its_repartition() {
    let mut driver = rekeyed::test_driver();
    for word in ["apple", "bee", "", "ant"] {
        driver.words().pipe(s("k"), s(word), 1).unwrap();
    }
    let out = driver.out().read_key_values().unwrap();
    assert_eq!(out, [(s("a"), 1), (s("b"), 1), (s("a"), 2)]);
    assert_eq!(driver.most().read_key_values().unwrap(), out);
    let repartitions = driver.description().topics.iter().map(|t| t.name);
    let repartitions: Vec<_> = repartitions.filter(|n| n.ends_with("-repartition")).collect();
    assert_eq!(repartitions, ["numbers-repartition", "largest-repartition"]);
}
