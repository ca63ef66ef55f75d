//! An option that stops in the middle.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders", partitions = ;
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
