//! `topology.lock`: what topologies keep outside of the program, as it was when somebody last said that
//! it is right. Names, types, formats and partitions of every topic and store are in it, so that a
//! change of the program that would orphan or misread data is seen before it runs.
//!
//! Text goes in and text comes out; files are the business of who calls.

mod change;
mod shape;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use change::{Change, Effect};
use shape::Shape;

use crate::error::{Error, ErrorKind, Result};
use crate::topology::Topology;

/// The name of the file, beside `Cargo.toml`.
pub const FILE: &str = "topology.lock";

const VERSION: u32 = 1;

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lock {
    about: String,
    version: u32,
    topologies: BTreeMap<String, Shape>,
}

impl Lock {
    fn empty() -> Self {
        let about = "Written by the `lock` command of the program, to be committed: see the book, \"The lock\".";
        Self { about: about.to_owned(), version: VERSION, topologies: BTreeMap::new() }
    }

    fn parse(text: &str) -> Result<Self> {
        let wrong = |what: String| {
            let message = format!(
                "{FILE} cannot be read: {what}; take it from version control again, or remove it and write it \
                 anew with the `lock` command"
            );
            Error::new(ErrorKind::Config, message)
        };
        let lock: Self = serde_json::from_str(text).map_err(|e| wrong(e.to_string()))?;
        if lock.version != VERSION {
            return Err(wrong(format!(
                "it is of version {}, and this program knows {VERSION}",
                lock.version
            )));
        }
        Ok(lock)
    }

    /// What differs from what is locked; nothing for a topology that is not.
    fn changes<T: Topology>(&self, now: &Shape) -> Vec<Change> {
        let name = T::DESCRIPTION.name;
        match self.topologies.get(name) {
            Some(then) => change::between(then, now),
            None => change::renamed(name, now, &self.topologies).into_iter().collect(),
        }
    }
}

/// What differs between a topology and the text of a lock.
///
/// # Errors
/// [`ErrorKind::Config`] if the text is not that of a lock.
pub fn changes<T: Topology>(text: &str) -> Result<Vec<Change>> {
    Ok(Lock::parse(text)?.changes::<T>(&Shape::of::<T>()))
}

/// The text of a lock with this topology as it is now, beside what else was locked; and what differs
/// from the lock as it was, of which `text` is the text.
///
/// # Errors
/// [`ErrorKind::Config`] if the text is not that of a lock.
pub fn write<T: Topology>(text: Option<&str>) -> Result<(String, Vec<Change>)> {
    let mut lock = match text {
        Some(text) => Lock::parse(text)?,
        None => Lock::empty(),
    };
    let now = Shape::of::<T>();
    let changes = lock.changes::<T>(&now);
    lock.topologies.insert(T::DESCRIPTION.name.to_owned(), now);
    match serde_json::to_string_pretty(&lock) {
        Ok(text) => Ok((text + "\n", changes)),
        Err(e) => Err(Error::new(ErrorKind::Encode, format!("cannot write {FILE}: {e}"))),
    }
}

/// The changes as text, those that cost data first, with what they do and the ways on.
pub fn report(name: &str, changes: &[Change]) -> String {
    let mut text = format!("topology `{name}` is not as {FILE} has it:\n");
    for effect in [Effect::Orphans, Effect::Misreads, Effect::Harmless] {
        for change in changes.iter().filter(|c| c.effect == effect) {
            text.push_str(&format!("\n- {}\n", change.what));
            for line in &change.lines {
                text.push_str(&format!("    {line}\n"));
            }
        }
    }
    text
}
