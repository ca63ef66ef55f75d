//! Repartitions are explicit, and a table is made after the key changed.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        repartitions = explicit;
        source orders: stream<String, i64> = "orders";
        sink out: table<i64, i64> = "out";

        orders.select_key(|_, n| -> i64 { n / 100 }).to_table(latest).to(out);
    }
}

fn main() {}
