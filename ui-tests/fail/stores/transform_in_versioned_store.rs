//! A state that is changed in place is the one of now.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        store totals: versioned<String, i64>, retention = 1h;

        orders.transform(totals, |v, total| -> i64 { *total += v; *total }).to(out);
    }
}

fn main() {}
