//! What a reader of the results sees, compared with what there should be.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// Violations; all zero is right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Violations {
    /// Results that never came.
    pub lost: u64,
    /// Results that came again.
    pub duplicated: u64,
    /// Results that came after a later one of their key.
    pub reordered: u64,
    /// Results, or rows of state, that do not fit to what else was committed.
    pub torn: u64,
}

impl Violations {
    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self {
            lost: self.lost + other.lost,
            duplicated: self.duplicated + other.duplicated,
            reordered: self.reordered + other.reordered,
            torn: self.torn + other.torn,
        }
    }
}

/// How many results each key must have.
pub type Expected = BTreeMap<Vec<u8>, i64>;

#[derive(Clone, Debug, Default)]
struct Seen {
    numbers: BTreeSet<i64>,
    last: i64,
}

/// Takes results in the order of their partition.
#[derive(Clone, Debug, Default)]
pub struct Verifier {
    keys: BTreeMap<Vec<u8>, Seen>,
    found: Violations,
}

impl Verifier {
    /// Takes a result: its key's `seq`th, and what the state behind it had counted.
    pub fn result(&mut self, key: &[u8], seq: i64, nth: i64) {
        let seen = self.keys.entry(key.to_vec()).or_default();
        if !seen.numbers.insert(seq) {
            self.found.duplicated += 1;
        } else if seq < seen.last {
            self.found.reordered += 1;
        }
        seen.last = seen.last.max(seq);
        self.found.torn += u64::from(seq != nth);
    }

    /// Takes the last row of a key in the state's changelog.
    pub fn row(&mut self, expected: &Expected, key: &[u8], count: i64) {
        self.found.torn += u64::from(expected.get(key) != Some(&count));
    }

    /// How many results are missing. Where counts are repeated they go on: then the last one must
    /// have been reached (`counts_go_on`).
    pub fn missing(&self, expected: &Expected, counts_go_on: bool) -> u64 {
        let missing = |(key, count): (&Vec<u8>, &i64)| {
            let seen = self.keys.get(key);
            match counts_go_on {
                true => (count - seen.map_or(0, |s| s.last)).max(0),
                false => (1..=*count)
                    .filter(|n| !seen.is_some_and(|s| s.numbers.contains(n)))
                    .count() as i64,
            }
        };
        expected.iter().map(missing).sum::<i64>() as u64
    }

    /// Everything that is wrong, exactly once.
    pub fn exactly_once(&self, expected: &Expected) -> Violations {
        // A number that nothing in the input accounts for.
        let beyond = |(key, seen): (&Vec<u8>, &Seen)| {
            let most = expected.get(key).copied().unwrap_or(0);
            seen.numbers.iter().filter(|n| !(1..=most).contains(*n)).count() as u64
        };
        let beyond: u64 = self.keys.iter().map(beyond).sum();
        let lost = self.missing(expected, false);
        Violations { lost, torn: self.found.torn + beyond, ..self.found }
    }

    /// Everything that is wrong, at least once: repetition is none of it.
    pub fn at_least_once(&self, expected: &Expected, counts_go_on: bool) -> Violations {
        Violations { lost: self.missing(expected, counts_go_on), ..Violations::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verified(results: &[(i64, i64)]) -> Violations {
        let mut verifier = Verifier::default();
        for (seq, nth) in results {
            verifier.result(b"k", *seq, *nth);
        }
        verifier.exactly_once(&Expected::from([(b"k".to_vec(), 3)]))
    }

    #[test]
    fn results_in_order_are_right() {
        assert_eq!(verified(&[(1, 1), (2, 2), (3, 3)]), Violations::default());
    }

    #[test]
    fn each_kind_of_violation_is_counted_as_such() {
        let none = Violations::default();
        let cases = [
            (&[(1, 1), (3, 3)][..], Violations { lost: 1, ..none }),
            (&[(1, 1), (2, 2), (2, 2), (3, 3)][..], Violations { duplicated: 1, ..none }),
            (&[(1, 1), (3, 3), (2, 2)][..], Violations { reordered: 1, ..none }),
            (&[(1, 1), (2, 1), (3, 3)][..], Violations { torn: 1, ..none }),
            (&[(1, 1), (2, 2), (3, 3), (4, 4)][..], Violations { torn: 1, ..none }),
        ];
        for (results, violations) in cases {
            assert_eq!(verified(results), violations, "{results:?}");
        }
    }

    #[test]
    fn at_least_once_counts_may_go_on_but_not_stop_short() {
        let mut verifier = Verifier::default();
        for n in [1, 3, 4] {
            verifier.result(b"k", n, n);
        }
        let expected = Expected::from([(b"k".to_vec(), 3)]);
        assert_eq!(verifier.at_least_once(&expected, true), Violations::default());
        assert_eq!(verifier.at_least_once(&expected, false).lost, 1);
        let more = Expected::from([(b"k".to_vec(), 5)]);
        assert_eq!(verifier.at_least_once(&more, true).lost, 1);
    }

    #[test]
    fn a_row_that_does_not_fit_to_the_results_is_torn() {
        let expected = Expected::from([(b"k".to_vec(), 3)]);
        let mut verifier = Verifier::default();
        verifier.row(&expected, b"k", 3);
        assert_eq!(verifier.found.torn, 0);
        verifier.row(&expected, b"k", 2);
        assert_eq!(verifier.found.torn, 1);
    }
}
