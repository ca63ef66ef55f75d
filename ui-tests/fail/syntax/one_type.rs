//! A stream has two types: of its keys and of its values.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
