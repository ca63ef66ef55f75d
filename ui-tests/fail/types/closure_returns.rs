//! A closure does not return what it declares.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, String> = "out";

        orders.map_values(|n| -> String { n + 1 }).to(out);
    }
}

fn main() {}
