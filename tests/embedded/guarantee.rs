//! A topology that says `guarantee = exactly_once` never runs with less, whatever the configuration says.

use std::path::Path;

use streams::prelude::*;
use streams::runtime::config::Guarantee;
use streams::runtime::{Config, ErrorKind, Streams};
use streams::{App, Topology};

use crate::{config, create, load, open, read, start};

#[topology]
mod payments {
    topology! {
        guarantee = exactly_once;
        source orders: stream<String, String> = "orders";
        sink paid: stream<String, String> = "paid";

        orders.to(paid);
    }
}

#[topology]
mod views {
    topology! {
        source orders: stream<String, String> = "orders";
        sink paid: stream<String, String> = "paid";

        orders.to(paid);
    }
}

/// On Kafka, at a place where there is none.
fn at_least_once_on_kafka(dir: &Path) -> Config {
    let mut config = config(dir);
    config.brokers = Some("127.0.0.1:1".to_owned());
    config.processing_guarantee = Guarantee::AtLeastOnce;
    config
}

const REFUSED: &str = "topology payments asks for `guarantee = exactly_once`, and `processing_guarantee` is \
                       at_least_once: take the one or the other out";

#[test]
fn at_least_once_at_run_time_is_refused_before_the_broker_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let app = App::<payments::Topology>::new();
    let error = Streams::start(&app, at_least_once_on_kafka(dir.path())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(error.to_string().contains(REFUSED), "{error}");
    assert_eq!(dir.path().read_dir().unwrap().count(), 0, "nothing is written, either");
}

#[test]
fn a_log_that_is_open_already_changes_nothing() {
    fn outcome<T: Topology>(dir: &Path) -> streams::runtime::Result<()> {
        let broker = open::<T>(&config(dir));
        for topic in ["orders", "paid"] {
            create(&*broker, topic, 2);
        }
        let streams = Streams::start_on(&App::<T>::new(), at_least_once_on_kafka(dir), broker)?;
        streams.stop();
        streams.wait()
    }
    let dir = tempfile::tempdir().unwrap();
    let error = outcome::<payments::Topology>(&dir.path().join("payments")).unwrap_err();
    assert!(error.to_string().contains(REFUSED), "{error}");
    // It is the topology's word that is kept: one that asks for nothing starts.
    outcome::<views::Topology>(&dir.path().join("views")).unwrap();
}

#[test]
fn the_embedded_log_keeps_the_word_whatever_the_setting() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    config.processing_guarantee = Guarantee::AtLeastOnce;
    let broker = open::<payments::Topology>(&config);
    load(&*broker, "orders", [("a", &b"1"[..])].into_iter());
    start::<payments::Topology>(&config, &broker).run_until_end(|_, _| {}).unwrap();
    assert_eq!(read(&*broker, "paid").len(), 1);
}
