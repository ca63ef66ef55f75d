//! A topic is read as one type and written as another.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        source refunds: stream<String, String> = "refunds";
        sink again: stream<String, String> = "orders";

        orders.for_each(|_| ());
        refunds.to(again);
    }
}

fn main() {}
