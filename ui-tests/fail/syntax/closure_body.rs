//! A syntax error inside a closure is at its token.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.filter(|n| *n > ).to(out);
    }
}

fn main() {}
