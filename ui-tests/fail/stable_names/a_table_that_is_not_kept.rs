//! A join looks up rows that nobody keeps under a name.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        table prices: table<String, i64> = "prices";
        sink out: stream<String, i64> = "out";

        let large = prices.filter(|p| *p > 100);
        orders.join(large, |n, p| n * p).to(out);
    }
}

fn main() {}
