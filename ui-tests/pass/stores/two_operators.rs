//! `fail/stores/two_operators.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";
        store totals: kv<String, i64>;
        store positive: kv<String, i64>;

        orders.transform(totals, |n, total| { *total += n; *total }).to(out);
        orders.filter(|n| *n > 0).transform(positive, |n, total| { *total += n; *total }).to(out);
    }
}

fn main() {}
