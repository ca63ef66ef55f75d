//! Streams that only feed each other.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
        let a = b.filter(|n| *n > 0);
        let b = a.map_values(|n| n + 1);
    }
}

fn main() {}
