//! Neither a stream nor a table.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: steam<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
