//! `branch` without an arm.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";

        orders.branch {};
    }
}

fn main() {}
