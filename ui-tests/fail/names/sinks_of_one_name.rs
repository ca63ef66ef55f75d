//! Two sinks of one name.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";
        sink out: stream<String, i64> = "other";

        orders.to(out);
    }
}

fn main() {}
