//! A store is logged unless it says `off`.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: table<String, i64> = "out";

        store latest: kv<String, i64>, changelog = on;

        orders.to_table(latest).to(out);
    }
}

fn main() {}
