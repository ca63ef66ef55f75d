//! `branch` takes braces.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.branch(|n| *n > 0, out);
        orders.to(out);
    }
}

fn main() {}
