//! The attribute takes no arguments.

use streams::prelude::*;

#[topology(format = json)]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
