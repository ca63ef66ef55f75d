//! Two sources have one name: the later is wrong, the earlier is shown.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        source orders: stream<String, i64> = "old-orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
