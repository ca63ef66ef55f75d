//! `fail/join_keys/stream_with_table.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        table prices: table<String, i64> = "prices";
        sink out: stream<String, i64> = "out";

        orders.join(prices, |n, p| n * p).to(out);
    }
}

fn main() {}
