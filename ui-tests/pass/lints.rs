//! Generated code is clean under the strictest lints of the compiler.

#![deny(warnings, missing_docs, unreachable_pub, unused, rust_2018_idioms, unused_qualifications)]
#![forbid(unsafe_code)]

use streams::prelude::*;

#[topology]
mod lints {
    topology! {
        /// Orders.
        source orders: stream<String, i64> = "orders", time = |_, n| *n;
        table prices: table<String, i64> = "prices";
        sink out: stream<String, i64> = "out";
        store totals: kv<String, i64>;

        let both = merge(orders, large);
        let large = orders.filter(|n| *n > 100);
        both.join(prices, |n, p| n * p).transform(totals, |n, total| {
            *total += n;
            *total
        })
        .to(out);
        orders.group_by_key().window(tumbling(5m)).count(counts);
    }
}

fn main() {
    let _app = lints::app();
}
