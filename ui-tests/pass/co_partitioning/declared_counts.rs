//! `fail/co_partitioning/declared_counts.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders", partitions = 12;
        table prices: table<String, i64> = "prices", partitions = 12;
        sink out: stream<String, i64> = "out";

        orders.join(prices, |n, p| n * p).to(out);
    }
}

fn main() {}
