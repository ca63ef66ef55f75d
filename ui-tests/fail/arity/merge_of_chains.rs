//! `merge` takes names.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        source returns: stream<String, i64> = "returns";
        sink out: stream<String, i64> = "out";

        merge(orders, returns.map_values(|n| -n)).to(out);
    }
}

fn main() {}
