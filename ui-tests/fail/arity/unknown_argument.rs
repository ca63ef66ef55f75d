//! A named argument that an operator does not have.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.repartition(by_key, partition = 12).to(out);
    }
}

fn main() {}
