//! A stream and a table that are joined declare different numbers of partitions.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders", partitions = 12;
        table prices: table<String, i64> = "prices", partitions = 6;
        sink out: stream<String, i64> = "out";

        orders.join(prices, |n, p| n * p).to(out);
    }
}

fn main() {}
