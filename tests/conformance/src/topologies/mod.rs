//! The topologies, named as in the cases.

mod aggregations;
mod errors;
mod examples;
mod joins;
mod processors;
mod stateless;
mod stream_joins;
mod table_joins;
mod tables;
mod versioned;
mod versioned_aggregations;
mod windows;

use std::sync::Arc;

use streams::App;
use streams::runtime::broker::Broker;
use streams::runtime::{Config, Streams};
use streams::test_driver::Driver;

/// A topology.
pub(crate) struct Entry {
    /// A fresh instance.
    pub(crate) driver: fn() -> Driver,
    /// Size of its windows in milliseconds, where it has some that end.
    pub(crate) window_ms: Option<i64>,
    /// Its embedded log.
    pub(crate) open: fn(&Config) -> Result<Arc<dyn Broker>, streams::runtime::Error>,
    /// Starts it on a log.
    pub(crate) start: fn(Config, Arc<dyn Broker>) -> Result<Streams, streams::runtime::Error>,
}

impl Entry {
    /// The topology `T`, with windows of this size.
    fn of<T: streams::Topology>(window_ms: Option<i64>) -> Self {
        Self {
            driver: Driver::new::<T>,
            window_ms,
            open: |config| streams::runtime::broker_for(&App::<T>::new(), config),
            start: |config, broker| Streams::start_on(&App::<T>::new(), config, broker),
        }
    }
}

/// One group of topologies by name.
type Group = fn(&str) -> Option<Entry>;

const GROUPS: [Group; 12] = [
    aggregations::find,
    errors::find,
    examples::find,
    joins::find,
    processors::find,
    stateless::find,
    stream_joins::find,
    table_joins::find,
    tables::find,
    versioned::find,
    versioned_aggregations::find,
    windows::find,
];

/// The topology of this name.
pub(crate) fn find(name: &str) -> Option<Entry> {
    GROUPS.iter().find_map(|group| group(name))
}

/// Writes `find` for the modules of a file; `name: ms` gives the size of its windows.
macro_rules! entries {
    ($($name:ident $(: $ms:expr)?),* $(,)?) => {
        /// The topology of this name, if it is of this group.
        pub(super) fn find(name: &str) -> Option<crate::topologies::Entry> {
            match name {
                $(stringify!($name) => Some(crate::topologies::Entry::of::<$name::Topology>(
                    [$(Some($ms),)? None][0],
                )),)*
                _ => None,
            }
        }
    };
}

use entries;

/// The last 24 characters of a text with another behind it.
fn append(text: &str, more: &str) -> String {
    last_24(&format!("{text}{more}"))
}

/// The last 24 characters.
fn last_24(text: &str) -> String {
    let skip = text.chars().count().saturating_sub(24);
    text.chars().skip(skip).collect()
}

/// A text, or "null".
fn shown(text: Option<&String>) -> &str {
    text.map_or("null", String::as_str)
}

/// The first character of a text.
fn first(text: &str) -> Option<String> {
    text.chars().next().map(String::from)
}

/// The words of a text; none of none.
fn words(text: Option<&String>) -> Vec<String> {
    text.into_iter().flat_map(|t| t.split(' ')).map(str::to_owned).collect()
}

/// What is before the first ":".
fn before_colon(text: &str) -> &str {
    text.split(':').next().unwrap_or(text)
}

/// What is behind the first ":".
fn after_colon(text: &str) -> &str {
    text.split_once(':').map_or("", |(_, rest)| rest)
}
