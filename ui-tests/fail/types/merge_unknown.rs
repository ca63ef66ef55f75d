//! `merge` of streams whose type is nowhere written.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        let a = orders.map_values(|n| n + 1);
        let b = orders.map_values(|n| n + 2);
        merge(a, b).to(out);
    }
}

fn main() {}
