//! Items may stand in any order: names are known in the whole topology.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        large.to(out);
        let large = positive.filter(|n| *n > 100);
        let positive = orders.filter(|n| *n > 0);
        sink out: stream<String, i64> = "out";
        source orders: stream<String, i64> = "orders";
    }
}

fn main() {}
