//! A dot, and no operator after it.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.filter(|n| *n > 0).;
        orders.to(out);
    }
}

fn main() {}
