//! An option that a source does not have.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders", patitions = 3;
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
