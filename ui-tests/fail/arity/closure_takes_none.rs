//! A closure that does not look at the record.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.map_values(|| 1).to(out);
    }
}

fn main() {}
