//! `merge` of a single stream.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        merge(orders).to(out);
    }
}

fn main() {}
