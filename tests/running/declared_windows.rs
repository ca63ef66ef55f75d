//! Windowed aggregations in declared stores: in memory, without a changelog, given on at commits.

use std::collections::BTreeMap;

use streams::prelude::*;
use streams::runtime::{broker_for, read_topic};
use streams::{App, Topology};

use crate::support::{config, create, load, run};

#[topology]
mod kept {
    topology! {
        source input: stream<String, String> = "input";
        sink windows: table<Windowed<String>, i64> = "windows";
        sink sessions: table<Session<String>, i64> = "sessions";
        sink sliding: table<Windowed<String>, String> = "sliding";
        store by_window: window<String, i64>, retention = 1h, memory;
        store by_session: session<String, i64>, retention = 1h, memory;
        store by_sliding: window<String, String>, retention = 1h, emit = on_commit;
        store unlogged: window<String, i64>, retention = 1h, changelog = off;

        let grouped = input.group_by_key();
        grouped.window(tumbling(100ms), grace(1m)).count(by_window).to(windows);
        grouped.window(session(8ms), grace(1m)).count(by_session).to(sessions);
        grouped
            .window(sliding(10ms), grace(1m))
            .aggregate(by_sliding = String::new(), |text, all| all.push_str(text))
            .to(sliding);
        grouped.window(hopping(100ms, 50ms)).count(unlogged);
    }
}

/// The same in stores that the operators declare.
#[topology]
mod in_place {
    topology! {
        source input: stream<String, String> = "input";
        sink windows: table<Windowed<String>, i64> = "windows";
        sink sessions: table<Session<String>, i64> = "sessions";
        sink sliding: table<Windowed<String>, String> = "sliding";

        let grouped = input.group_by_key();
        grouped.window(tumbling(100ms), grace(1m)).count(by_window).to(windows);
        grouped.window(session(8ms), grace(1m)).count(by_session).to(sessions);
        grouped
            .window(sliding(10ms), grace(1m), emit(on_commit))
            .aggregate(by_sliding: String = String::new(), |text, all| all.push_str(text))
            .to(sliding);
    }
}

type Rows = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// The last results after three rounds, each by a new process.
fn results<T: Topology>() -> Vec<Rows> {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 2);
    for round in 0..3 {
        let broker = broker_for(&App::<T>::new(), &config).unwrap();
        create(&*broker, &["input", "windows", "sessions", "sliding"]);
        let record = |n: i64| {
            let time = n * 2 + round * 150;
            ("input", format!("k{}", n % 5), Some(n.to_string()), time)
        };
        load(&*broker, (0..200).map(record));
        run::<T>(&config, &broker);
    }
    let broker = broker_for(&App::<T>::new(), &config).unwrap();
    let rows = |topic| {
        let mut rows = Rows::new();
        read_topic(&*broker, topic, |_, record| {
            rows.insert(record.key.unwrap().to_vec(), record.value.map(<[u8]>::to_vec));
        })
        .unwrap();
        rows
    };
    ["windows", "sessions", "sliding"].map(rows).to_vec()
}

#[test]
fn declared_stores_keep_what_those_in_place_keep() {
    let (kept, in_place) = (results::<kept::Topology>(), results::<in_place::Topology>());
    for (kept, in_place) in kept.iter().zip(&in_place) {
        assert!(kept.len() > 5, "{} rows", kept.len());
        assert_eq!(kept, in_place);
    }
}

#[test]
fn options_of_declared_stores_count() {
    let [subtopology] = kept::Topology::DESCRIPTION.subtopologies else { panic!("one part") };
    let store = |name| subtopology.stores.iter().find(|s| s.name == name).unwrap();
    assert!(store("by_window").memory && store("by_session").memory);
    assert!(!store("by_sliding").memory);
    assert!(store("unlogged").changelog.is_none() && store("by_sliding").changelog.is_some());
    let mut driver = kept::test_driver();
    driver.hold_commits();
    driver.input().pipe("k".to_owned(), "a".to_owned(), 5).unwrap();
    assert_eq!(driver.windows().read().unwrap().len(), 1);
    assert!(driver.sliding().read().unwrap().is_empty(), "not before a commit");
    driver.commit().unwrap();
    assert_eq!(driver.sliding().read().unwrap().len(), 1);
}
