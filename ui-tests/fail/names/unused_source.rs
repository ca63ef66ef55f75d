//! A source that no chain reads.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        source returns: stream<String, i64> = "returns";
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
