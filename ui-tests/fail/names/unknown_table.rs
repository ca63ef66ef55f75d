//! `join` names a table that nothing declares.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        table prices: table<String, i64> = "prices";
        sink out: stream<String, i64> = "out";

        orders.join(price, |n, p| n * p).to(out);
        orders.join(prices, |n, p| n * p).to(out);
    }
}

fn main() {}
