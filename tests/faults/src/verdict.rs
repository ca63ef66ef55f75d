//! What was lost, duplicated, reordered or torn.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::json;

use crate::failure::{Failure, Result};
use crate::workload::Outputs;

/// Violations that were found, in records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Violations {
    /// Must have come out and did not.
    pub(crate) lost: u64,
    /// Came out again.
    pub(crate) duplicated: u64,
    /// Came out before one of its key that goes first.
    pub(crate) reordered: u64,
    /// Is not what must come out: results and state do not belong together.
    pub(crate) torn: u64,
}

impl Violations {
    /// Compares what came out with what must come out.
    pub(crate) fn between(expected: &Outputs, got: &Outputs) -> Self {
        let mut all = Self::default();
        let none = Vec::new();
        for (key, expected) in expected {
            all.add(Self::of_key(expected, got.get(key).unwrap_or(&none)));
        }
        for (key, got) in got {
            if !expected.contains_key(key) {
                all.torn += got.len() as u64;
            }
        }
        all
    }

    fn of_key(expected: &[String], got: &[String]) -> Self {
        if expected == got {
            return Self::default();
        }
        let mut places: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
        for (place, text) in expected.iter().enumerate() {
            places.insert(text, (place, 0));
        }
        let mut found = Self::default();
        let mut furthest = 0;
        for text in got {
            match places.get_mut(text.as_str()) {
                None => found.torn += 1,
                Some((place, seen)) => {
                    if *seen > 0 {
                        found.duplicated += 1;
                    } else if *place < furthest {
                        found.reordered += 1;
                    }
                    *seen += 1;
                    furthest = furthest.max(*place);
                }
            }
        }
        found.lost = places.values().filter(|(_, seen)| *seen == 0).count() as u64;
        found
    }

    fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.reordered += other.reordered;
        self.torn += other.torn;
    }

    fn is_none(self) -> bool {
        self == Self::default()
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lost, duplicated, reordered, torn } = self;
        write!(f, "{lost} lost, {duplicated} duplicated, {reordered} reordered, {torn} torn")
    }
}

/// The outcome of all scenarios.
pub(crate) struct Verdict {
    pub(crate) seed: u64,
    all: Violations,
    /// How many faults of each kind there were.
    faults: BTreeMap<&'static str, u64>,
    /// Things that went wrong otherwise.
    troubles: Vec<String>,
}

impl Verdict {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, all: Violations::default(), faults: BTreeMap::new(), troubles: Vec::new() }
    }

    /// Counts faults of a kind.
    pub(crate) fn faults(&mut self, kind: &'static str, count: u64) {
        *self.faults.entry(kind).or_default() += count;
    }

    /// Takes what a scenario found, and says it.
    pub(crate) fn found(&mut self, what: impl fmt::Display, records: usize, found: Violations) {
        println!("{what}: {records} records, {found}");
        self.all.add(found);
    }

    /// Something else than a wrong record.
    pub(crate) fn trouble(&mut self, text: String) {
        println!("{text}");
        self.troubles.push(text);
    }

    /// The last line, as JSON; an error if anything was found.
    pub(crate) fn finish(self) -> Result<()> {
        let Violations { lost, duplicated, reordered, torn } = self.all;
        println!(
            "{}",
            json!({
                "seed": self.seed,
                "faults": self.faults,
                "lost": lost,
                "duplicated": duplicated,
                "reordered": reordered,
                "torn": torn,
                "troubles": self.troubles.len(),
            })
        );
        if self.all.is_none() && self.troubles.is_empty() {
            return Ok(());
        }
        Err(Failure::new(format!(
            "{}; {} other trouble(s), see above; `--seed {}` repeats the choices",
            self.all,
            self.troubles.len(),
            self.seed
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(values: &[&str]) -> Outputs {
        Outputs::from([("key".to_owned(), values.iter().map(|v| (*v).to_owned()).collect())])
    }

    fn found(got: &[&str]) -> Violations {
        Violations::between(&outputs(&["1", "2", "3"]), &outputs(got))
    }

    #[test]
    fn each_kind_of_violation_is_told_from_the_others() {
        let none = Violations::default();
        assert_eq!(found(&["1", "2", "3"]), none);
        assert_eq!(found(&["1", "3"]), Violations { lost: 1, ..none });
        assert_eq!(found(&["1", "2", "2", "3"]), Violations { duplicated: 1, ..none });
        assert_eq!(found(&["1", "3", "2"]), Violations { reordered: 1, ..none });
        assert_eq!(found(&["1", "2", "3", "4"]), Violations { torn: 1, ..none });
        assert_eq!(found(&["1", "2", "4"]), Violations { lost: 1, torn: 1, ..none });
        assert_eq!(found(&[]), Violations { lost: 3, ..none });
    }

    #[test]
    fn a_key_that_nobody_sent_is_torn() {
        let got = Outputs::from([("other".to_owned(), vec!["1".to_owned()])]);
        assert_eq!(Violations::between(&Outputs::new(), &got).torn, 1);
    }
}
