//! On a real broker, exactly once: punctuation by the clock and by stream time, calls of an outside service,
//! and topics that records name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use streams::App;
use streams::prelude::*;
use streams::runtime::broker::Broker;
use streams::runtime::{Loader, Streams, broker_for, read_topic};

use crate::support::{create, on_kafka};

/// How long anything may take before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(120);

#[topology]
mod desk {
    use std::time::Duration;

    /// Counts records by key and forwards the counts by the clock; a tick by stream time.
    #[derive(Default)]
    pub struct Count;

    impl Processor for Count {
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
            if punctuation.punctuation_type == PunctuationType::StreamTime {
                let ticker = format!("tick {}", cx.partition);
                cx.forward(ticker, punctuation.timestamp);
                return Ok(());
            }
            let rows = waiting.all()?.rows()?;
            for row in rows {
                waiting.delete(&row.key)?;
                cx.forward(row.key, row.value);
            }
            Ok(())
        }
    }

    /// An outside service without sockets: answers after a while, the first ones latest.
    async fn ask(key: String, question: String) -> Result<String, String> {
        let (n, topic) = question.split_once(':').ok_or("no topic")?;
        let late = 4 - n.parse::<u64>().map_err(|e| e.to_string())? % 4;
        let clock = streams::runtime::calls::executor().map_err(|e| e.to_string())?;
        clock.sleep(Duration::from_millis(late)).await;
        Ok(format!("{key} {n}:{topic}"))
    }

    fn topic_of(answer: &str) -> String {
        answer.split_once(':').map_or("", |(_, topic)| topic).to_owned()
    }

    topology! {
        guarantee = exactly_once;
        source questions: stream<String, String> = "questions";
        sink counts: stream<String, i64> = "counts";
        store waiting: kv<String, i64>;

        questions
            .process(Count, waiting, punctuate(wall_clock every 15ms), punctuate(stream_time every 10s))
            .to(counts);
        questions
            .call(ask, concurrency = 16, timeout = 30s, at_least_once)
            .to_topic(|answer| topic_of(answer));
    }
}

const KEYS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
const HALF: usize = 500;

/// The questions of a half, a second of event time apart.
fn ask_half(broker: &dyn Broker, questions: &str, half: usize, colours: [&str; 2]) {
    let mut loader = Loader::new(broker).unwrap();
    for n in half * HALF..(half + 1) * HALF {
        let question = format!("{n}:{}", colours[n % 2]);
        let key = KEYS[n % KEYS.len()].as_bytes();
        loader.append(questions, key, Some(question.as_bytes()), n as i64 * 1_000).unwrap();
    }
    loader.commit().unwrap();
}

/// What the processor has forwarded: a count for each key, and the ticks of each partition.
type Counted = (BTreeMap<String, i64>, BTreeMap<String, Vec<i64>>);

fn counted(broker: &dyn Broker, topic: &str) -> Counted {
    let (mut counts, mut ticks) = Counted::default();
    read_topic(broker, topic, |_, record| {
        let key = String::from_utf8(record.key.unwrap().to_vec()).unwrap();
        let n = i64::from_be_bytes(record.value.unwrap().try_into().unwrap());
        if let Some(partition) = key.strip_prefix("tick ") {
            ticks.entry(partition.to_owned()).or_insert_with(Vec::new).push(n);
        } else {
            *counts.entry(key).or_insert(0) += n;
        }
    })
    .unwrap();
    (counts, ticks)
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn the_clock_calls_and_topics_by_name_run_on_kafka_and_nothing_comes_twice_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let topics = ["questions", "counts", "red", "green"];
    let (mut config, names) = on_kafka(dir.path(), "desk", &topics);
    // Records name these themselves: the topology does not know them.
    config.topics.retain(|topic, _| !["red", "green"].contains(&topic.as_str()));
    let app = App::<desk::Topology>::new();
    let broker = broker_for(&app, &config).unwrap();
    create(&*broker, &names);
    let [questions, counts, red, green] = names.try_into().unwrap();
    let start = || Streams::start_on(&app, config.clone(), Arc::clone(&broker)).unwrap();

    ask_half(&*broker, questions, 0, [red, green]);
    start().run_until_end(|_, _| {}).unwrap();
    ask_half(&*broker, questions, 1, [red, green]);
    let streams = start();
    // The last counts come by the clock, when no record does any more.
    let sum = |counted: &Counted| counted.0.values().sum::<i64>();
    let deadline = Instant::now() + PATIENCE;
    while sum(&counted(&*broker, counts)) < 2 * HALF as i64 {
        assert!(Instant::now() < deadline, "waited for the counts");
        std::thread::yield_now();
    }
    streams.stop();
    streams.wait().unwrap();

    let mut times: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    read_topic(&*broker, questions, |partition, record| {
        times.entry(partition.to_string()).or_default().insert(record.timestamp / 10_000);
    })
    .unwrap();
    let (of_keys, ticks) = counted(&*broker, counts);
    for (n, key) in KEYS.iter().enumerate() {
        let asked = (0..2 * HALF).filter(|m| m % KEYS.len() == n).count();
        assert_eq!(of_keys.get(*key).copied(), Some(asked as i64), "{key}");
    }
    // One in each ten seconds of event time in which a partition has a record.
    let tens = |ticks: Vec<i64>| ticks.iter().map(|at| at / 10_000).collect::<Vec<_>>();
    let ticks: BTreeMap<String, Vec<i64>> = ticks.into_iter().map(|(p, t)| (p, tens(t))).collect();
    let wanted = times.into_iter().map(|(p, t)| (p, t.into_iter().collect())).collect();
    assert_eq!(ticks, wanted);

    for (n, topic) in [red, green].into_iter().enumerate() {
        let mut answers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        read_topic(&*broker, topic, |_, record| {
            let answer = String::from_utf8(record.value.unwrap().to_vec()).unwrap();
            let (asked, to) = answer.split_once(':').unwrap();
            let (key, number) = asked.split_once(' ').unwrap();
            assert_eq!((to, key.as_bytes()), (topic, record.key.unwrap()));
            answers.entry(key.to_owned()).or_default().push(number.parse().unwrap());
        })
        .unwrap();
        let all: usize = answers.values().map(Vec::len).sum();
        assert_eq!(all, HALF, "{topic}");
        for (key, numbers) in answers {
            assert!(numbers.is_sorted(), "{key}: {numbers:?}");
            assert!(numbers.iter().all(|m| m % 2 == n), "{key}: {numbers:?}");
        }
    }
}
