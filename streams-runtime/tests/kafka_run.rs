//! Two members of an application on a real broker: partitions go from one to the other and back.
//!
//! `cargo xtask test` starts a broker and sets `STREAMS_TEST_BOOTSTRAP`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests fail by panicking"
)]

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use streams_core::topology::App;
use streams_runtime::{Config, Streams};
use support::{Count, assert_counted_once, config, create, load, open};

const PATIENCE: Duration = Duration::from_secs(60);

fn until(what: &str, mut reached: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !reached() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
#[ignore = "needs a broker: STREAMS_TEST_BOOTSTRAP"]
fn tasks_that_stay_keep_their_memory_and_those_that_move_are_restored() {
    let bootstrap = std::env::var("STREAMS_TEST_BOOTSTRAP").expect("STREAMS_TEST_BOOTSTRAP");
    let id = format!(
        "rebalance-{}-{}",
        std::process::id(),
        std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos()
    );
    let (words, counts) = (format!("{id}-words"), format!("{id}-counts"));
    let member = |dir: &Path| -> Config {
        let mut config = config(dir, 1);
        config.brokers = Some(bootstrap.clone());
        config.application_id = Some(id.clone());
        config.commit_interval = Some(50);
        // Flushing all the time, so that every flush is checked against the changelogs' ends.
        config.flush_interval_ms = 0;
        config.topics.insert("words".to_owned(), words.clone());
        config.topics.insert("counts".to_owned(), counts.clone());
        config
    };
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (member(&dir.path().join("a")), member(&dir.path().join("b")));
    let broker = open::<Count>(&first);
    create(&*broker, &counts, 4);
    load(&*broker, &words, 0..2_000);
    let app = App::<Count>::new();

    let a = Streams::start(&app, first).unwrap();
    until("the first member processes everything", || a.progress().processed >= 4_000);
    assert_eq!(a.progress().restored, 0);

    let b = Streams::start(&app, second).unwrap();
    let mut loaded = 2_000;
    until("the second member has tasks", || {
        load(&*broker, &words, loaded..loaded + 500);
        loaded += 500;
        b.progress().processed > 0
    });
    assert!(b.progress().restored > 0, "its tasks come with their state: {:?}", b.progress());
    assert_eq!(a.progress().restored, 0, "what stayed with the first is not restored");

    b.stop();
    b.wait().unwrap();
    load(&*broker, &words, loaded..loaded + 500);
    loaded += 500;
    a.run_until_end(|_, _| {}).unwrap();
    assert_counted_once(&*broker, &counts, loaded);
}
