//! A table goes into a stream's sink through `to_stream`.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.group_by_key().count(counts).to(out);
    }
}

fn main() {}
