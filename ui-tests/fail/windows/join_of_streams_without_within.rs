//! A join of two streams without a window.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        source prices: stream<String, i64> = "prices";
        sink out: stream<String, i64> = "out";

        orders.join(prices, |n, p| n * p).to(out);
    }
}

fn main() {}
