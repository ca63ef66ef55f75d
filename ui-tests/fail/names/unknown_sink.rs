//! A chain ends in a sink that nothing declares.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink totals: stream<String, i64> = "totals";

        orders.filter(|n| *n > 0).to(total);
        orders.to(totals);
    }
}

fn main() {}
