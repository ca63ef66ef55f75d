//! The key changed before the join, and the table has another.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        table prices: table<String, i64> = "prices";
        sink out: stream<u32, i64> = "out";

        orders.select_key(|_, n| -> u32 { n.unsigned_abs() as u32 }).join(prices, |n, p| n * p).to(out);
    }
}

fn main() {}
