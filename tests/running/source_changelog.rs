//! A table whose rows come back from its own topic.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use streams::prelude::*;
use streams::runtime::restore::{RestoreListener, StoreRestore};
use streams::runtime::{Config, Streams, broker_for};
use streams::{App, Topology};

use crate::support::{config, create_with, load, on_kafka, table};

#[topology]
mod cities {
    topology! {
        source orders: stream<String, String> = "orders";
        table users: table<String, String> = "users", changelog = source;
        sink shipped: table<String, String> = "shipped";
        sink inhabitants: table<String, i64> = "inhabitants";

        orders
            .left_join(users, |order, city| -> String {
                format!("{order} to {}", city.map_or("nobody", |c| c))
            })
            .to_table(latest)
            .to(shipped);
        users
            .group_by(|city| -> (String, i64) { (city.clone(), 1) })
            .aggregate(per_city: i64 = 0, |one, n| *n += one, |one, n| *n -= one)
            .to(inhabitants);
    }
}

const TOPICS: [&str; 4] = ["orders", "users", "shipped", "inhabitants"];

const COMPACT: [(&str, &str); 1] = [("cleanup.policy", "compact")];

/// Where every user lives, as of a round: some move, some are gone.
fn city(user: usize, round: usize) -> Option<String> {
    match (user + round) % 7 {
        0 => None,
        n => Some(format!("city-{}", n % 3)),
    }
}

const USERS: usize = 300;

/// How many records of its topic bring the table back.
#[derive(Default)]
struct Restored(AtomicU64);

impl RestoreListener for Restored {
    fn on_restore_end(&self, restore: &StoreRestore<'_>) {
        if restore.store == "users" {
            self.0.fetch_add(restore.records, Ordering::Relaxed);
        }
    }
}

/// Runs a round; gives how many records of the table's topic were restored for it.
fn round(config: &Config, names: &[&str], round: usize) -> u64 {
    let app = App::<cities::Topology>::new();
    let broker = broker_for(&app, config).unwrap();
    create_with(&*broker, names, &COMPACT);
    load(&*broker, (0..USERS).map(|n| (names[1], format!("u{n}"), city(n, round), 10)));
    load(&*broker, (0..USERS).map(|n| (names[0], format!("u{n}"), Some(format!("o{round}")), 20)));
    let restored = Arc::new(Restored::default());
    let mut config = config.clone();
    config.restore_listener = Some(Arc::clone(&restored).into());
    let streams = Streams::start_on(&app, config, Arc::clone(&broker)).unwrap();
    streams.run_until_end(|_, _| {}).unwrap();
    let shipped = table(&*broker, names[2]);
    let mut inhabitants: BTreeMap<String, i64> = BTreeMap::new();
    for user in 0..USERS {
        let city = city(user, round);
        let to = city.as_deref().unwrap_or("nobody");
        assert_eq!(shipped[&format!("u{user}")], format!("o{round} to {to}"), "user {user}");
        if let Some(city) = city {
            *inhabitants.entry(city).or_default() += 1;
        }
    }
    let mut found: BTreeMap<String, i64> = BTreeMap::new();
    streams::runtime::read_topic(&*broker, names[3], |_, record| {
        let city = String::from_utf8(record.key.unwrap().to_vec()).unwrap();
        found.insert(city, i64::from_be_bytes(record.value.unwrap().try_into().unwrap()));
    })
    .unwrap();
    assert_eq!(found, inhabitants, "what was subtracted is what was there");
    restored.0.load(Ordering::Relaxed)
}

/// The state is lost between some rounds; the table comes back from its topic, as far as it was
/// processed and not further.
fn rounds(dir: &Path, config: &Config, names: &[&str]) {
    let id = config.application_id.as_deref().unwrap_or("cities");
    round(config, names, 0);
    assert_eq!(round(config, names, 1), 0, "everything is on disk");
    for number in 2..4 {
        std::fs::remove_dir_all(dir.join(id).join("state")).unwrap();
        assert_eq!(round(config, names, number), (USERS * number) as u64, "what was processed");
    }
    let broker = broker_for(&App::<cities::Topology>::new(), config).unwrap();
    let own = format!("{id}-users-changelog");
    assert_eq!(broker.topics(&[&own]).unwrap(), [None], "a topic that nobody needs");
}

#[test]
fn rows_come_back_from_the_tables_own_topic() {
    let dir = tempfile::tempdir().unwrap();
    rounds(dir.path(), &config(dir.path(), 2), &TOPICS);
}

#[test]
#[ignore = "needs a broker: cargo xtask test has one"]
fn rows_come_back_from_the_tables_own_topic_on_kafka() {
    let dir = tempfile::tempdir().unwrap();
    let (config, names) = on_kafka(dir.path(), "source-changelog", &TOPICS);
    rounds(dir.path(), &config, &names);
}

/// Records of this topic go after a while, and with them rows.
fn refuses_what_loses_rows(config: &Config, names: &[&str]) {
    let app = App::<cities::Topology>::new();
    let broker = broker_for(&app, config).unwrap();
    create_with(&*broker, &names[1..2], &[("retention.ms", "60000")]);
    create_with(&*broker, names, &COMPACT);
    let error = Streams::start_on(&app, config.clone(), broker).unwrap_err().to_string();
    let said = format!(
        "topic {} is the changelog of a table (`changelog = source`) and deletes records that may be \
         the latest of their keys: set its cleanup.policy to compact",
        names[1]
    );
    assert!(error.starts_with(&said), "{error}");
}

#[test]
fn a_topic_that_loses_rows_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    refuses_what_loses_rows(&config(dir.path(), 1), &TOPICS);
}

#[test]
#[ignore = "needs a broker: cargo xtask test has one"]
fn a_topic_that_loses_rows_is_refused_on_kafka() {
    let dir = tempfile::tempdir().unwrap();
    let (config, names) = on_kafka(dir.path(), "source-changelog-loses", &TOPICS);
    refuses_what_loses_rows(&config, &names);
}

#[test]
fn a_missing_topic_is_made_to_keep_its_rows() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    let app = App::<cities::Topology>::new();
    let broker = broker_for(&app, &config).unwrap();
    Streams::start_on(&app, config, Arc::clone(&broker)).unwrap().run_until_end(|_, _| {}).unwrap();
    let made = broker.topics(&["users"]).unwrap().remove(0).unwrap();
    assert_eq!(made.config.get("cleanup.policy").map(String::as_str), Some("compact"));
    assert!(cities::Topology::DESCRIPTION.topics.iter().all(|t| t.name != "users-changelog"));
}
