//! A table has no windows.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: table<String, i64> = "out";

        store latest: window<String, i64>, retention = 1h;

        orders.to_table(latest).to(out);
    }
}

fn main() {}
