//! Repartitions are explicit, and a key changes before a join.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        repartitions = explicit;
        source orders: stream<String, i64> = "orders";
        table sizes: table<i64, i64> = "sizes";
        sink out: stream<i64, i64> = "out";

        orders.select_key(|_, n| -> i64 { n / 100 }).join(sizes, |n, size| n * size).to(out);
    }
}

fn main() {}
