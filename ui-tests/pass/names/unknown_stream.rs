//! `fail/names/unknown_stream.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
