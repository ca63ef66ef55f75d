//! A stream whose values may be null does not fit a sink without nulls.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, Option<i64>> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
