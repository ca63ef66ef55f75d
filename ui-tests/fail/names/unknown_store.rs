//! `transform` names a store that nothing declares.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.transform(spend, |n, total: &mut i64| { *total += n; *total }).to(out);
    }
}

fn main() {}
