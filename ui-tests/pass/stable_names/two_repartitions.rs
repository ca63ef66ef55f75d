//! `fail/stable_names/two_repartitions.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<i64, i64> = "out";

        orders.select_key(|_, n| -> i64 { n / 100 }).repartition(by_size).to(out);
        orders.select_key(|_, n| -> i64 { n / 10 }).repartition(by_tens).to(out);
    }
}

fn main() {}
