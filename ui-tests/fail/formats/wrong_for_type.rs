//! utf8 writes text, not numbers.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders", format = utf8;
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
