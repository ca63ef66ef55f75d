//! The program's own input: a million withdrawals of ten thousand accounts over a week.

use crate::support::{Random, Record};
use crate::topology::bank::{Limit, Withdrawal};

const ACCOUNTS: u64 = 10_000;
const WITHDRAWALS: u64 = 1_000_000;

/// Monday, 2024-11-18, midnight UTC.
const START_MS: i64 = 1_731_888_000_000;
const WEEK_MS: i64 = 7 * 86_400_000;

/// One withdrawal in so many is told to the bank late.
const LATE_ONE_IN: u64 = 20;

/// Up to so much late, in milliseconds: an hour.
const LATE_MS: u64 = 3_600_000;

/// The records, the same each time: first a limit for every tenth account, then the withdrawals
/// over time, some out of order.
pub(crate) fn records() -> impl Iterator<Item = Record> {
    let limits = (0..ACCOUNTS).step_by(10).map(|n| {
        let amount = 50_000 + 25_000 * (n as i64 / 10 % 8);
        Record::json("limits", account(n), &Limit { amount }, 0)
    });
    let mut random = Random::new(1);
    let withdrawals = (0..WITHDRAWALS).map(move |n| {
        let mut at = START_MS + (n as i128 * i128::from(WEEK_MS) / i128::from(WITHDRAWALS)) as i64;
        if random.below(LATE_ONE_IN) == 0 {
            at -= random.below(LATE_MS) as i64;
        }
        // A few accounts are busy, most are not.
        let who = random.below(ACCOUNTS).min(random.below(ACCOUNTS));
        // Mostly small sums, now and then a large one, and a mistake here and there.
        let amount = match random.below(100) {
            0 => -(random.below(5_000) as i64),
            1..=9 => 10_000 + random.below(60_000) as i64,
            _ => 100 + random.below(12_000) as i64,
        };
        let withdrawal = Withdrawal { id: format!("w{n}"), amount, at };
        Record::json("withdrawals", account(who), &withdrawal, at)
    });
    limits.chain(withdrawals)
}

fn account(n: u64) -> String {
    format!("a{n}")
}
