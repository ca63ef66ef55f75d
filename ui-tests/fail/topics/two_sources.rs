//! One topic is read twice.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        source same: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
        same.to(out);
    }
}

fn main() {}
