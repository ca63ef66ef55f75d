//! `count` needs a group.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.count(counts).to_stream().to(out);
    }
}

fn main() {}
