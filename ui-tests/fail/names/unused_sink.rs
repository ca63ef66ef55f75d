//! A sink that no chain writes.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";
        sink errors: stream<String, i64> = "errors";

        orders.to(out);
    }
}

fn main() {}
