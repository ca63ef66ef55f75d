//! The lines of an input file: limits and withdrawals.

use serde::Deserialize;

use crate::support::Record;
use crate::topology::bank::{Limit, Withdrawal};

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Line {
    Limit(LimitLine),
    Withdrawal(WithdrawalLine),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitLine {
    account: String,
    amount: i64,
    at: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WithdrawalLine {
    id: String,
    account: String,
    amount: i64,
    at: i64,
}

/// The record that a line stands for.
///
/// # Errors
/// What is wrong with the line.
pub(crate) fn parse(line: &str) -> Result<Record, String> {
    let line: Line = serde_json::from_str(line).map_err(|e| e.to_string())?;
    let record = match line {
        Line::Limit(LimitLine { account, amount, at }) => {
            Record::json("limits", account, &Limit { amount }, at)
        }
        Line::Withdrawal(WithdrawalLine { id, account, amount, at }) => {
            Record::json("withdrawals", account, &Withdrawal { id, amount, at }, at)
        }
    };
    match record {
        Record { timestamp: ..0, .. } => Err("`at` is before 1970".to_owned()),
        record => Ok(record),
    }
}
