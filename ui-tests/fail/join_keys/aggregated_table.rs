//! The table was made by an aggregation over another key.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        let by_size = orders.group_by(|_, n| -> i64 { n / 100 }).count(sizes);
        orders.join(by_size, |n, count| n * count).to(out);
    }
}

fn main() {}
