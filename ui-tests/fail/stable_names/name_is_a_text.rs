//! A name is a word, not a text.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<i64, i64> = "out";

        orders.select_key(|_, n| -> i64 { n / 100 }).repartition("by-size").to(out);
    }
}

fn main() {}
