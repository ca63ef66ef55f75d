//! `reduce` starts with the first value.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: table<String, i64> = "out";

        orders.group_by_key().reduce(maxima: i64 = 0, |old, new| *old.max(new)).to(out);
    }
}

fn main() {}
