//! A left join has the same rule.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<i64, i64> = "orders";
        table prices: table<i32, i64> = "prices";
        sink out: stream<i64, i64> = "out";

        orders.left_join(prices, |n, p| n * p.unwrap_or(&1)).to(out);
    }
}

fn main() {}
