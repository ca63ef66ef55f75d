//! Two sinks write keys of different types to one topic.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink by_name: stream<String, i64> = "results";
        sink by_size: stream<i64, i64> = "results";

        orders.to(by_name);
        orders.select_key(|_, n| n / 100).to(by_size);
    }
}

fn main() {}
