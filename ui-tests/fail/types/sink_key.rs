//! The sink takes other keys than the chain gives.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<u64, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
