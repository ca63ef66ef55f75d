//! How far back does it go?

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source prices: stream<String, i64> = "prices";
        sink out: table<String, i64> = "out";

        store history: versioned<String, i64>;

        prices.to_table(history).to(out);
    }
}

fn main() {}
