//! `filter` with two closures.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.filter(|n| *n > 0, |n| *n < 9).to(out);
    }
}

fn main() {}
