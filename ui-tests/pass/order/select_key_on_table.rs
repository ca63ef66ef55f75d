//! `fail/order/select_key_on_table.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.group_by_key().count(counts).to_stream().select_key(|k, _| k.clone()).to(out);
    }
}

fn main() {}
