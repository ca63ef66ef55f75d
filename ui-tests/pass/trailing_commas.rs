//! Trailing commas are fine wherever there is a comma.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64,> = "orders", partitions = 3,;
        sink small: stream<String, i64> = "small",;
        sink rest: stream<String, i64> = "rest";

        merge(orders, again,).branch { ..10 => small, else => rest, };
        let again = orders.filter(|n,| *n > 0,);
    }
}

fn main() {}
