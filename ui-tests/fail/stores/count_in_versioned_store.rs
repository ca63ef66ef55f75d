//! An aggregation keeps what is now.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: table<String, i64> = "out";

        store counts: versioned<String, i64>, retention = 1h;

        orders.group_by_key().count(counts).to(out);
    }
}

fn main() {}
