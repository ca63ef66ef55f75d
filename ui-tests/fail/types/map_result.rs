//! `map` gives a pair of key and value.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.map(|k, n| n + 1).to(out);
    }
}

fn main() {}
