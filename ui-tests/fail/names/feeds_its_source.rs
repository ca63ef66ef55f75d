//! A sink writes the topic that it is made from.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink again: stream<String, i64> = "orders";

        orders.map_values(|n| n + 1).to(again);
    }
}

fn main() {}
