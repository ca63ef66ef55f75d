//! `fail/order/count_without_group.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.group_by_key().count(counts).to_stream().to(out);
    }
}

fn main() {}
