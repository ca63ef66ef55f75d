//! `flat_map_values` gives something to iterate over.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.flat_map_values(|n| n + 1).to(out);
    }
}

fn main() {}
