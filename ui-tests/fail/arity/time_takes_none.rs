//! `time` is a function of the record.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders", time = || 0;
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
