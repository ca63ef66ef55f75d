//! A named stream that nothing reads.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        let large = orders.filter(|n| *n > 100);
        orders.to(out);
    }
}

fn main() {}
