//! Each of them is to say so.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        guarantee = exactly_once;
        source orders: stream<String, i64> = "orders";

        let large = orders.filter(|n| *n > 100);
        orders.for_each(|n| println!("{n}"));
        large.for_each(|n| println!("large: {n}"));
    }
}

fn main() {}
