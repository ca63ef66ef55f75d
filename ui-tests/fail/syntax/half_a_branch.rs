//! What can be read of a branch is read.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink large: stream<String, i64> = "large";
        sink small: stream<String, i64> = "small";

        orders.branch {
            n if *n > 100 => large,
            n if *n => => small,
        };
    }
}

fn main() {}
