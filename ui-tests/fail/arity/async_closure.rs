//! Records are processed in place, not in an `async` closure.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.map_values(async |n| n + 1).to(out);
    }
}

fn main() {}
