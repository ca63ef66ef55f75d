//! `fail/formats/wrong_for_type.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders", format = big_endian;
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
