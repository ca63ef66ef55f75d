//! Only what acts outside says `at_least_once`.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        guarantee = exactly_once;
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.filter(|n| *n > 0, at_least_once).to(out);
    }
}

fn main() {}
