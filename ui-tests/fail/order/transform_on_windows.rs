//! `transform` keeps one state a key, not one a window.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";
        store totals: kv<String, i64>;

        orders
            .group_by_key()
            .window(tumbling(1h))
            .transform(totals, |n, total| { *total += n; *total })
            .to(out);
    }
}

fn main() {}
