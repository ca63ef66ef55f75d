//! The words of `repartitions`.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        repartitions = manual;
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
