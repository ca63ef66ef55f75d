//! A stream that is made from itself.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        let all = merge(orders, halves);
        let halves = all.map_values(|n| -> i64 { n / 2 });
        all.to(out);
    }
}

fn main() {}
