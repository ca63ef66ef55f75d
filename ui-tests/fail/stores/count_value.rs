//! `count` keeps `i64`, and the declared store something else.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: table<String, i64> = "out";
        store counts: kv<String, u64>;

        orders.group_by_key().count(counts).to(out);
    }
}

fn main() {}
