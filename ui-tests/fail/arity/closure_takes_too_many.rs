//! A closure with more parameters than there are values.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.filter(|k, n, cx, more| *n > 0).to(out);
    }
}

fn main() {}
