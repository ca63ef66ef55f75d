//! An option that belongs to sources.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out", reset = latest;

        orders.to(out);
    }
}

fn main() {}
