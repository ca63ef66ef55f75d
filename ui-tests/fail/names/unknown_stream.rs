//! A chain starts with a name that nothing declares.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        ordres.to(out);
        orders.to(out);
    }
}

fn main() {}
