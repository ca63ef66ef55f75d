//! `filter` without its closure.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.filter().to(out);
    }
}

fn main() {}
