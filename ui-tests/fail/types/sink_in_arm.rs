//! A sink named in an arm of `branch` takes other values.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink small: stream<String, i64> = "small";
        sink large: stream<String, u64> = "large";

        orders.branch {
            0..100 => small,
            else => large,
        };
    }
}

fn main() {}
