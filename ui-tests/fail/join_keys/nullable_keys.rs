//! Null keys do not hide that the types differ.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<Option<String>, i64> = "orders";
        table prices: table<i64, i64> = "prices";
        sink out: stream<String, i64> = "out";

        orders.join(prices, |n, p| n * p).to(out);
    }
}

fn main() {}
