//! Wall-clock punctuation: by the clock, in commits of its own, and exactly once.

use std::collections::BTreeMap;

use streams::prelude::*;

use crate::{config, load, open, read, start, until};

/// Counts records by key, and by the clock forwards what has come since the last time.
#[topology]
mod batches {
    #[derive(Default)]
    pub struct Batch;

    impl Processor for Batch {
        type KeyIn = String;
        type ValueIn = String;
        type KeyOut = String;
        type ValueOut = i64;
        type Stores<'s> = &'s mut stores::waiting;

        fn process(
            &mut self,
            key: &String,
            _: &String,
            waiting: &mut stores::waiting,
            cx: &mut ProcessorContext<'_, String, i64>,
        ) -> Processed {
            let n = waiting.get(key)?.map_or(0, |(n, _)| *n);
            waiting.put(key, n + 1, cx.timestamp)?;
            Ok(())
        }

        fn punctuate(
            &mut self,
            punctuation: Punctuation,
            waiting: &mut stores::waiting,
            cx: &mut ProcessorContext<'_, String, i64>,
        ) -> Processed {
            assert_eq!(punctuation.punctuation_type, PunctuationType::WallClock);
            assert_eq!((cx.offset, cx.timestamp), (-1, punctuation.timestamp));
            let rows = waiting.all()?.rows()?;
            for row in rows {
                waiting.delete(&row.key)?;
                cx.forward(row.key, row.value);
            }
            Ok(())
        }
    }

    topology! {
        source events: stream<String, String> = "events";
        sink batches: stream<String, i64> = "batches";
        store waiting: kv<String, i64>;

        events.process(Batch, waiting, punctuate(wall_clock every 15ms)).to(batches);
    }
}

const KEYS: [&str; 5] = ["a", "b", "c", "d", "e"];

fn totals(broker: &dyn streams::runtime::broker::Broker) -> BTreeMap<String, i64> {
    let mut totals = BTreeMap::new();
    for record in read(broker, "batches") {
        let n = i64::from_be_bytes(record.value.try_into().unwrap());
        *totals.entry(record.key).or_default() += n;
    }
    totals
}

#[test]
fn what_the_clock_forwards_is_committed_without_a_record_and_exactly_once_over_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path());
    let broker = open::<batches::Topology>(&config);
    for round in 1..=3i64 {
        load(&*broker, "events", (0..5_000).map(|n| (KEYS[n % 5], &b"x"[..])));
        if round == 3 {
            // What the processor keeps comes back from the changelog.
            std::fs::remove_dir_all(dir.path().join("batches/state")).unwrap();
        }
        let streams = start::<batches::Topology>(&config, &broker);
        let wanted: BTreeMap<String, i64> =
            KEYS.iter().map(|key| ((*key).to_owned(), 1_000 * round)).collect();
        // The last batch comes when no record does any more.
        if round == 2 {
            until("records", || streams.progress().processed >= 2_500);
            streams.stop();
            streams.wait().unwrap();
            let streams = start::<batches::Topology>(&config, &broker);
            until("the batches", || totals(&*broker) == wanted);
            streams.stop();
            streams.wait().unwrap();
            continue;
        }
        until("the batches", || totals(&*broker) == wanted);
        streams.stop();
        streams.wait().unwrap();
    }
    assert!(totals(&*broker).values().all(|n| *n == 3_000));
}

/// Forwards each record, and asks for a commit at each tenth.
#[topology]
mod asking {
    #[derive(Default)]
    pub struct Ask(u32);

    impl FixedKeyProcessor for Ask {
        type Key = String;
        type ValueIn = String;
        type ValueOut = String;
        type Stores<'s> = ();

        fn process(
            &mut self,
            _: &String,
            value: &String,
            (): (),
            cx: &mut FixedKeyContext<'_, String>,
        ) -> Processed {
            self.0 += 1;
            if self.0 == 10 {
                cx.commit();
            }
            cx.forward(value.clone());
            Ok(())
        }
    }

    topology! {
        source events: stream<String, String> = "events";
        sink out: stream<String, String> = "out";

        events.process_values(Ask).to(out);
    }
}

#[test]
fn a_processor_can_ask_for_a_commit() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    config.commit_interval = Some(3_600_000);
    let broker = open::<asking::Topology>(&config);
    load(&*broker, "events", (0..10).map(|_| ("k", &b"x"[..])));
    let streams = start::<asking::Topology>(&config, &broker);
    until("the commit", || read(&*broker, "out").len() == 10);
    assert_eq!(streams.progress().commits, 1);
}
