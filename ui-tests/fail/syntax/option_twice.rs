//! An option that is given twice.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders", partitions = 3, partitions = 6;
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
