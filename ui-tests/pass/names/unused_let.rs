//! `fail/names/unused_let.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        let large = orders.filter(|n| *n > 100);
        large.to(out);
    }
}

fn main() {}
