//! `fail/topics/two_sources.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
        orders.filter(|n| *n > 100).to(out);
    }
}

fn main() {}
