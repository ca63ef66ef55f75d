//! What the demonstration shows at its end.

use std::collections::BTreeMap;

use crate::support::count;
use crate::topology::bank::{Decision, Verdict};

/// Sums over decisions.
#[derive(Default)]
pub(crate) struct Report {
    allowed: (u64, i64),
    denied: (u64, i64),
    denied_by_account: BTreeMap<String, (u64, i64)>,
    /// Times of the first and last withdrawal.
    span: Option<(i64, i64)>,
}

/// So many accounts are named.
const SHOWN: usize = 5;

impl Report {
    /// Adds a decision.
    pub(crate) fn add(&mut self, decision: &Decision) {
        let (first, last) = self.span.unwrap_or((decision.at, decision.at));
        self.span = Some((first.min(decision.at), last.max(decision.at)));
        let sum = match decision.decision {
            Verdict::Allow => &mut self.allowed,
            Verdict::Deny => {
                let of = self.denied_by_account.entry(decision.account.clone()).or_default();
                of.0 += 1;
                of.1 += decision.amount.max(0);
                &mut self.denied
            }
        };
        sum.0 += 1;
        sum.1 += decision.amount.max(0);
    }

    /// Prints the tables.
    pub(crate) fn print(&self) {
        if let Some((first, last)) = self.span {
            println!("withdrawals from {} to {}\n", day(first), day(last));
        }
        println!("decisions        withdrawals              sum");
        for (name, (n, sum)) in [("ALLOW", self.allowed), ("DENY", self.denied)] {
            println!("  {name:<10} {:>15} {:>16}", count(n), amount(sum));
        }
        let mut accounts: Vec<_> = self.denied_by_account.iter().collect();
        accounts.sort_by_key(|(name, (n, _))| (std::cmp::Reverse(*n), *name));
        println!("\ndenied most      withdrawals              sum");
        for (name, (n, sum)) in accounts.into_iter().take(SHOWN) {
            println!("  {name:<10} {:>15} {:>16}", count(*n), amount(*sum));
        }
    }
}

/// Cents as `1,234.56`.
fn amount(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}{}.{:02}", count(cents / 100), cents % 100)
}

/// The civil time of a timestamp in UTC.
fn day(ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(ms) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => format!("{ms} ms"),
    }
}
