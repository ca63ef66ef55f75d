//! `reset` is one of two words.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders", reset = newest;
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
