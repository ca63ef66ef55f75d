//! A number of partitions is a number.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out", partitions = "many";

        orders.to(out);
    }
}

fn main() {}
