//! `fail/co_partitioning/repartition_count.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        table sizes: table<i64, i64> = "sizes", partitions = 6;
        sink out: stream<i64, i64> = "out";

        orders
            .select_key(|_, n| -> i64 { n / 100 })
            .repartition(by_size, partitions = 6)
            .join(sizes, |n, size| n * size)
            .to(out);
    }
}

fn main() {}
