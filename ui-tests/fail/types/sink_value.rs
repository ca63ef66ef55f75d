//! The sink takes other values than the chain gives.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, String> = "out";

        orders.map_values(|n| n + 1).to(out);
    }
}

fn main() {}
