//! `memory` stands alone.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";
        store totals: kv<String, i64>, memory = true;

        orders.transform(totals, |n, total| { *total += n; *total }).to(out);
    }
}

fn main() {}
