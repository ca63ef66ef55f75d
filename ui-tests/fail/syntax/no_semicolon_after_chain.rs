//! A chain without its semicolon.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";
        sink copy: stream<String, i64> = "copy";

        orders.to(out)
        orders.to(copy);
    }
}

fn main() {}
