//! A chain that gives its records to nobody.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.map_values(|n| n + 1);
        orders.to(out);
    }
}

fn main() {}
