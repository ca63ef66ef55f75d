//! `to_stream` is for a table.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to_stream().to(out);
    }
}

fn main() {}
