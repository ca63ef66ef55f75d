//! `time` gives milliseconds as `i64`.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, u64> = "orders", time = |_, n| *n;
        sink out: stream<String, u64> = "out";

        orders.to(out);
    }
}

fn main() {}
