//! Each source that differs is an error of its own.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders", partitions = 12;
        table prices: table<String, i64> = "prices", partitions = 6;
        table names: table<String, String> = "names", partitions = 3;
        sink out: stream<String, i64> = "out";

        orders.join(prices, |n, p| n * p).join(names, |n, name| n + name.len() as i64).to(out);
    }
}

fn main() {}
