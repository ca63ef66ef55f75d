//! A store that no operator uses.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";
        store seen: kv<String, i64>;

        orders.to(out);
    }
}

fn main() {}
