//! The store's keys are of another type than the stream's.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";
        store totals: kv<u64, i64>;

        orders.transform(totals, |n, total| { *total += n; *total }).to(out);
    }
}

fn main() {}
