//! `to_topic`: topics that exist are written, those that do not are errors of the record.

use streams::prelude::*;
use streams::runtime::ErrorKind;

use crate::{config, create, load, open, read, start};

#[topology]
mod failing {
    topology! {
        source words: stream<String, String> = "words";

        words.to_topic(|v| v.clone());
    }
}

#[topology]
mod careful {
    topology! {
        on_production_error = dead_letter("homeless");
        source words: stream<String, String> = "words";

        words.to_topic(|v| v.clone());
    }
}

const WORDS: [&str; 3] = ["red", "green", "blue"];

fn words(n: usize) -> impl Iterator<Item = (&'static str, &'static [u8])> {
    (0..n).map(|n| (["a", "b", "c", "d"][n % 4], WORDS[n % 3].as_bytes()))
}

#[test]
fn a_missing_topic_stops_the_application_and_is_named_with_the_record() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path());
    let broker = open::<failing::Topology>(&config);
    load(&*broker, "words", words(3));
    create(&*broker, "red", 2);
    create(&*broker, "green", 2);
    let e = start::<failing::Topology>(&config, &broker).run_until_end(|_, _| {}).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Record);
    let text = e.to_string();
    assert!(text.starts_with("words, partition "), "{text}");
    assert!(
        text.contains("there is no topic `blue`, which `to_topic` names for this record"),
        "{text}"
    );
    create(&*broker, "blue", 2);
    start::<failing::Topology>(&config, &broker).run_until_end(|_, _| {}).unwrap();
    for topic in WORDS {
        assert_eq!(read(&*broker, topic).len(), 1, "{topic}");
    }
}

#[test]
fn a_missing_topic_is_for_the_policy_of_production() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path());
    let broker = open::<careful::Topology>(&config);
    load(&*broker, "words", words(3_000));
    create(&*broker, "red", 3);
    create(&*broker, "green", 1);
    start::<careful::Topology>(&config, &broker).run_until_end(|_, _| {}).unwrap();
    for topic in ["red", "green", "homeless"] {
        assert_eq!(read(&*broker, topic).len(), 1_000, "{topic}");
    }
    assert!(read(&*broker, "homeless").iter().all(|r| r.value == b"blue"));
}
