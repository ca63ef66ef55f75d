//! The closure of `aggregate` changes its state in place and returns nothing.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: table<String, i64> = "out";

        orders.group_by_key().aggregate(sums: i64 = 0, |n, sum| *sum + n).to(out);
    }
}

fn main() {}
