//! Something outside is done with each record, under exactly once.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        guarantee = exactly_once;
        source orders: stream<String, i64> = "orders";

        orders.for_each(|_, n| println!("{n}"));
    }
}

fn main() {}
