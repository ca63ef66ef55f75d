//! A global table is a table.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, String> = "orders";
        global products: stream<i64, String> = "products";
        sink out: stream<String, String> = "out";

        orders.to(out);
    }
}

fn main() {}
