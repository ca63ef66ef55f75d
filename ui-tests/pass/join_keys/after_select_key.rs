//! `fail/join_keys/after_select_key.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        table prices: table<u32, i64> = "prices";
        sink out: stream<u32, i64> = "out";

        orders.select_key(|_, n| -> u32 { n.unsigned_abs() as u32 }).join(prices, |n, p| n * p).to(out);
    }
}

fn main() {}
