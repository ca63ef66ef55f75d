//! A source without its types.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
