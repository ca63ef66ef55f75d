//! `fail/side_effects/for_each.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        guarantee = exactly_once;
        source orders: stream<String, i64> = "orders";

        orders.for_each(|_, n| println!("{n}"), at_least_once);
    }
}

fn main() {}
