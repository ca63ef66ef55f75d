//! A table's key stays: `select_key` is for streams.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.group_by_key().count(counts).select_key(|k, _| k.clone()).to(out);
    }
}

fn main() {}
