//! The bank example: decisions on withdrawals, against a fold that is written here anew.

use std::collections::BTreeMap;

use streams::RecordRef;
use streams::runtime::{Config, Result, Streams};

use super::bank_topology::bank;
use crate::workload::{Event, Input, KEYS, Outputs, Workload, utf8};

pub(super) struct Bank;

/// Keys below this have a limit of their own.
const LIMITED: u64 = KEYS / 2;

fn limit(key: u64) -> i64 {
    if key < LIMITED { 20_000 + 1_000 * key as i64 } else { bank::DEFAULT_LIMIT }
}

/// Time goes faster here than for other topologies, so that withdrawals fall out of the 24 hours.
fn at(event: &Event) -> i64 {
    event.at + 60_000 * event.id as i64
}

impl Workload for Bank {
    fn application(&self) -> &'static str {
        "bank"
    }

    fn inputs(&self) -> &'static [&'static str] {
        &["withdrawals", "limits"]
    }

    fn output(&self) -> &'static str {
        "decisions"
    }

    fn tables(&self, _: u64) -> Vec<Input> {
        let row = |key| Input {
            topic: "limits",
            key: format!("key-{key}"),
            value: super::text(&bank::Limit { amount: limit(key) }),
            timestamp: 0,
        };
        (0..LIMITED).map(row).collect()
    }

    fn event(&self, event: &Event) -> Input {
        let (id, amount, at) = (event.id.to_string(), event.amount, at(event));
        Input {
            topic: "withdrawals",
            key: event.key_text(),
            value: super::text(&bank::Withdrawal { id, amount, at }),
            timestamp: at,
        }
    }

    fn expected(&self, _: u64, events: &[Event]) -> Outputs {
        let mut allowed: BTreeMap<u64, Vec<(i64, i64)>> = BTreeMap::new();
        let mut expected = Outputs::new();
        for event in events {
            let (at, limit) = (at(event), limit(event.key));
            let allowed = allowed.entry(event.key).or_default();
            let day = |(when, _): &&(i64, i64)| *when > at - bank::DAY_MS;
            let before: i64 = allowed.iter().filter(day).map(|(_, amount)| amount).sum();
            let allow = event.amount > 0 && before + event.amount <= limit;
            if allow {
                allowed.push((at, event.amount));
            }
            let decision = bank::Decision {
                id: event.id.to_string(),
                account: event.key_text(),
                amount: event.amount,
                at,
                decision: if allow { bank::Verdict::Allow } else { bank::Verdict::Deny },
                total: if allow { before + event.amount } else { before },
                limit,
            };
            expected.entry(event.key_text()).or_default().push(super::text(&decision));
        }
        expected
    }

    fn output_text(&self, record: &RecordRef<'_>) -> (String, String) {
        (utf8(record.key), utf8(record.value))
    }

    fn start(&self, config: Config) -> Result<Streams> {
        Streams::start(&bank::app(), config)
    }
}
