//! `let` does not shadow: names are unique in a topology.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        let orders = orders.filter(|n| *n > 0);
        orders.to(out);
    }
}

fn main() {}
