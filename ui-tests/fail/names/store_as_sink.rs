//! A store where a sink is needed.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        store totals: kv<String, i64>;

        orders.to(totals);
    }
}

fn main() {}
