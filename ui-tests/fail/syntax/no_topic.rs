//! A source without its topic.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64>;
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
