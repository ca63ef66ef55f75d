//! `fail/topics/source_and_table.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source changes: stream<String, i64> = "prices";
        sink out: stream<String, i64> = "out";

        let prices = changes.to_table(latest);
        changes.join(prices, |n, p| n - p).to(out);
    }
}

fn main() {}
