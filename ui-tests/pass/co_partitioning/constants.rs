//! `fail/co_partitioning/constants.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    const WIDE: i32 = 12;
    const NARROW: i32 = 12;

    topology! {
        source orders: stream<String, i64> = "orders", partitions = WIDE;
        table prices: table<String, i64> = "prices", partitions = NARROW;
        sink out: stream<String, i64> = "out";

        orders.join(prices, |n, p| n * p).to(out);
    }
}

fn main() {}
