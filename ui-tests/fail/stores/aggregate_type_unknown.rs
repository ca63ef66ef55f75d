//! The store is not declared, nor its type in place.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: table<String, i64> = "out";

        orders.group_by_key().aggregate(sums = 0, |n, sum| *sum += n).to(out);
    }
}

fn main() {}
