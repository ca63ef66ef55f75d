//! A group that nothing aggregates.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.group_by_key();
        orders.to(out);
    }
}

fn main() {}
