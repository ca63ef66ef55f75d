//! A topic is a stream and a table.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source changes: stream<String, i64> = "prices";
        table prices: table<String, i64> = "prices";
        sink out: stream<String, i64> = "out";

        changes.join(prices, |n, p| n - p).to(out);
    }
}

fn main() {}
