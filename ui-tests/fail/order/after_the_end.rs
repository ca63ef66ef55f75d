//! Nothing comes after `to`.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out).filter(|n| *n > 0);
    }
}

fn main() {}
