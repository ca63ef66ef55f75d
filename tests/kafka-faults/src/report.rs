//! What a run came to.

use serde::Serialize;

use crate::verify::Violations;

/// One topology under one kind of fault.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// What was done to it.
    pub scenario: &'static str,
    /// The topology.
    pub topology: &'static str,
    /// Faults that took place.
    pub faults: u64,
    /// Crash points that were not come to in time.
    pub not_reached: u64,
    /// Processes that ended without being told to.
    pub ended: u64,
    /// Records of the input.
    pub records: u64,
    /// What was wrong.
    #[serde(flatten)]
    pub violations: Violations,
    /// How long it took.
    pub seconds: u64,
}

/// All runs of a command.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// To run the same again.
    pub seed: u64,
    /// `exactly_once` or `at_least_once`.
    pub guarantee: &'static str,
    /// Faults in all runs.
    pub faults: u64,
    /// Records in all runs.
    pub records: u64,
    /// Processes that ended without being told to, in all runs.
    pub ended: u64,
    /// What was wrong in all runs.
    #[serde(flatten)]
    pub violations: Violations,
    /// The runs.
    pub runs: Vec<Run>,
}

impl Report {
    /// The sum of runs.
    pub fn new(seed: u64, guarantee: &'static str, runs: Vec<Run>) -> Self {
        Self {
            seed,
            guarantee,
            faults: runs.iter().map(|r| r.faults).sum(),
            records: runs.iter().map(|r| r.records).sum(),
            ended: runs.iter().map(|r| r.ended).sum(),
            violations: runs
                .iter()
                .map(|r| r.violations)
                .fold(Violations::default(), Violations::and),
            runs,
        }
    }

    /// True if nothing was wrong.
    pub fn is_right(&self) -> bool {
        self.violations == Violations::default() && self.ended == 0
    }
}
