//! `fail/co_partitioning/explicit_count.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        repartitions = explicit;
        source orders: stream<String, i64> = "orders";
        sink out: stream<i64, i64> = "out";

        orders.select_key(|_, n| -> i64 { n / 100 }).repartition(sizes).group_by_key().count(sizes).to_stream().to(out);
    }
}

fn main() {}
