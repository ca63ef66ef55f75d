//! An arm is a stream, and the sink takes a table.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink small: table<String, i64> = "small";
        sink rest: stream<String, i64> = "rest";

        orders.branch {
            0..10 => small,
            else => rest,
        };
    }
}

fn main() {}
