//! A kind of store that there is not.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";
        store totals: map<String, i64>;

        orders.transform(totals, |n, total| { *total += n; *total }).to(out);
    }
}

fn main() {}
