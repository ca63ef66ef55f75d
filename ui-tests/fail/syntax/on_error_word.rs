//! A policy that there is not.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        on_error = ignore;
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
