//! A chain starts with a store.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";
        store totals: kv<String, i64>;

        orders.transform(totals, |n, total| -> i64 { *total += n; *total }).to(out);
        totals.to(out);
    }
}

fn main() {}
