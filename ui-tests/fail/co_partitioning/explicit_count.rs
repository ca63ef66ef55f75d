//! Repartitions are explicit, and a key changes before state.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        repartitions = explicit;
        source orders: stream<String, i64> = "orders";
        sink out: stream<i64, i64> = "out";

        orders.group_by(|_, n| -> i64 { n / 100 }).count(sizes).to_stream().to(out);
    }
}

fn main() {}
