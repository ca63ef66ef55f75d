//! `fail/stores/count_value.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: table<String, i64> = "out";
        store counts: kv<String, i64>;

        orders.group_by_key().count(counts).to(out);
    }
}

fn main() {}
