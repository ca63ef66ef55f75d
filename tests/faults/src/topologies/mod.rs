//! The topologies that faults happen to: each with its input, and the fold that says what must
//! come out.

mod count;
mod join;
mod pass;
mod windowed;

#[path = "../../../../examples/bank/topology.rs"]
#[allow(unreachable_pub, reason = "an example's")]
mod bank_topology;

mod bank;

use clap::ValueEnum;

use serde::Serialize;

use crate::workload::{Event, Input, Outputs, Workload};

/// The topologies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Name {
    /// Stateless
    Pass,
    /// A count after a repartition
    Count,
    /// A count in windows
    Windowed,
    /// A stream–table join
    Join,
    /// The bank example
    Bank,
}

impl Name {
    /// One, or all.
    pub(crate) fn selected(one: Option<Self>) -> Vec<Self> {
        one.map_or_else(|| Self::value_variants().to_vec(), |one| vec![one])
    }

    pub(crate) fn workload(self) -> &'static dyn Workload {
        match self {
            Self::Pass => &pass::Pass,
            Self::Count => &count::Count,
            Self::Windowed => &windowed::Windowed,
            Self::Join => &join::Join,
            Self::Bank => &bank::Bank,
        }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&format!("{self:?}").to_lowercase())
    }
}

/// An event as a JSON record.
fn json(topic: &'static str, event: &Event) -> Input {
    Input { topic, key: event.key_text(), value: text(event), timestamp: event.at }
}

/// JSON, as the format writes it.
fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|e| format!("no JSON: {e}"))
}

/// 1, 2, 3 … for each key.
fn counted(keys: impl Iterator<Item = String>) -> Outputs {
    let mut expected = Outputs::new();
    for key in keys {
        let counts = expected.entry(key).or_default();
        counts.push((counts.len() + 1).to_string());
    }
    expected
}
