//! Two joins with one table would send their records through one topic.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        table sizes: table<i64, i64> = "sizes";
        sink out: stream<i64, i64> = "out";

        orders.select_key(|_, n| -> i64 { n / 100 }).join(sizes, |n, size| n * size).to(out);
        orders.select_key(|_, n| -> i64 { n / 10 }).join(sizes, |n, size| n + size).to(out);
    }
}

fn main() {}
