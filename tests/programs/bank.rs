//! The bank: an input file, and what the rule makes of it.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

const DAY_MS: i64 = 86_400_000;

/// One withdrawal of the input.
pub struct Withdrawal {
    id: String,
    account: String,
    amount: i64,
    at: i64,
}

/// An input: limits of some accounts, then withdrawals, some of them out of order, some not
/// positive, some exactly 24 hours apart.
pub struct Input {
    limits: BTreeMap<String, i64>,
    withdrawals: Vec<Withdrawal>,
}

impl Input {
    pub fn new(accounts: u64, withdrawals: u64) -> Self {
        let mut state = 7u64;
        let mut below = move |n: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        };
        let limits = (0..accounts)
            .filter(|n| n % 3 == 0)
            .map(|n| (format!("a{n}"), 10_000 * (1 + n as i64 % 5)))
            .collect();
        let withdrawals = (0..withdrawals)
            .map(|n| {
                let hour = n as i64 * 72 / withdrawals as i64;
                let late = if below(5) == 0 { below(30 * 3_600_000) as i64 } else { 0 };
                let at = match below(10) {
                    // On the hour, so that some are exactly 24 hours apart.
                    0 => (hour + 100) * 3_600_000,
                    _ => (n as i64 * 3 * DAY_MS / withdrawals as i64) + 100 * 3_600_000 - late,
                };
                let amount = below(9_000) as i64 - 200;
                let account = format!("a{}", below(accounts));
                Withdrawal { id: format!("w{n}"), account, amount, at }
            })
            .collect();
        Self { limits, withdrawals }
    }

    /// The file, with the first `part` of the withdrawals.
    pub fn file(&self, part: usize) -> String {
        let mut text = String::new();
        for (account, amount) in &self.limits {
            let line = json!({"limit": {"account": account, "amount": amount, "at": 0}});
            writeln!(text, "{line}").unwrap();
        }
        for Withdrawal { id, account, amount, at } in self.withdrawals.iter().take(part) {
            let body = json!({"id": id, "account": account, "amount": amount, "at": at});
            writeln!(text, "{}", json!({"withdrawal": body})).unwrap();
        }
        text
    }

    pub fn len(&self) -> usize {
        self.withdrawals.len()
    }

    /// By account, the decisions in the order of the file, straight from the rule's text.
    pub fn decisions(&self) -> BTreeMap<String, Vec<Value>> {
        let mut allowed: BTreeMap<&str, Vec<(i64, i64)>> = BTreeMap::new();
        let mut decisions: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for Withdrawal { id, account, amount, at } in &self.withdrawals {
            let limit = self.limits.get(account).copied().unwrap_or(100_000);
            let entries = allowed.entry(account).or_default();
            entries.retain(|(when, _)| *when > at - DAY_MS);
            let sum: i64 = entries.iter().map(|(_, amount)| amount).sum();
            let allow = *amount > 0 && sum + amount <= limit;
            if allow {
                entries.push((*at, *amount));
            }
            let total = if allow { sum + amount } else { sum };
            let decision = if allow { "ALLOW" } else { "DENY" };
            decisions.entry(account.clone()).or_default().push(json!({
                "id": id, "account": account, "amount": amount, "at": at,
                "decision": decision, "total": total, "limit": limit,
            }));
        }
        decisions
    }
}

/// The lines of an output file by the value of `key`.
pub fn by(text: &str, key: &str) -> BTreeMap<String, Vec<Value>> {
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        let key = value[key].as_str().unwrap().to_owned();
        found.entry(key).or_default().push(value);
    }
    found
}

/// Panics at the first account whose decisions differ.
pub fn assert_equal(expected: &BTreeMap<String, Vec<Value>>, output: &str, key: &str) {
    let got = by(output, key);
    for (name, wanted) in expected {
        let made = got.get(name).map_or(&[][..], Vec::as_slice);
        for (n, (w, m)) in wanted.iter().zip(made).enumerate() {
            assert_eq!(w, m, "{name}, result {n}");
        }
        assert_eq!(wanted.len(), made.len(), "{name}: number of results");
    }
    assert_eq!(expected.len(), got.len(), "number of keys");
}
