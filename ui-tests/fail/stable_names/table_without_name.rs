//! A table without a name for its rows.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: table<String, i64> = "out";

        orders.to_table().to(out);
    }
}

fn main() {}
