//! A group is for aggregations, not for `filter`.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.group_by_key().filter(|n| *n > 0).count(counts).to_stream().to(out);
    }
}

fn main() {}
