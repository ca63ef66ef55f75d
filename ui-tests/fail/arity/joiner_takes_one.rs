//! A joiner takes both sides.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        table prices: table<String, i64> = "prices";
        sink out: stream<String, i64> = "out";

        orders.join(prices, |n| n * 2).to(out);
    }
}

fn main() {}
