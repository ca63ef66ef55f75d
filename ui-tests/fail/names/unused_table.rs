//! A table that nothing joins and no chain reads.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        table prices: table<String, i64> = "prices";
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
