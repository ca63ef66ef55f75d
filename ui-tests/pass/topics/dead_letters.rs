//! `fail/topics/dead_letters.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        on_error = dead_letter("orders-dead");
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
