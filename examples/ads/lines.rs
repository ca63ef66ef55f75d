//! The lines of an input file: purchases and clicks.

use serde::Deserialize;

use crate::support::Record;
use crate::topology::ads::{Click, Purchase};

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Line {
    Purchase(PurchaseLine),
    Click(ClickLine),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PurchaseLine {
    user: String,
    product: String,
    price: i64,
    at: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClickLine {
    user: String,
    page: String,
    at: i64,
}

/// The record that a line stands for.
///
/// # Errors
/// What is wrong with the line.
pub(crate) fn parse(line: &str) -> Result<Record, String> {
    let line: Line = serde_json::from_str(line).map_err(|e| e.to_string())?;
    let record = match line {
        Line::Purchase(PurchaseLine { user, product, price, at }) => {
            Record::json("purchases", user, &Purchase { product, price, at }, at)
        }
        Line::Click(ClickLine { user, page, at }) => {
            Record::json("clicks", user, &Click { page, at }, at)
        }
    };
    match record {
        Record { timestamp: ..0, .. } => Err("`at` is before 1970".to_owned()),
        record => Ok(record),
    }
}
