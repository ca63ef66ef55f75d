//! A topic's name where a sink is needed.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to("out");
        orders.to(out);
    }
}

fn main() {}
