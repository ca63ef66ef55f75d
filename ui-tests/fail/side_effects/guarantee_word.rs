//! The words of `guarantee`.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        guarantee = exactly_once_v2;
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
