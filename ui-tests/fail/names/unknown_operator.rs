//! An operator is spelled wrong; the rest of the chain says nothing more.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.fliter(|n| *n > 0).map_values(|n| n + 1).to(out);
    }
}

fn main() {}
