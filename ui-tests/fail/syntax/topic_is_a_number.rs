//! A topic is a text.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = 7;
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
