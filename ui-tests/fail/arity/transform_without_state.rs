//! The function of `transform` takes the state.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";
        store totals: kv<String, i64>;

        orders.transform(totals, |n| n + 1).to(out);
    }
}

fn main() {}
