//! A policy of invalid timestamps that there is not.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        invalid_time = now;
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
