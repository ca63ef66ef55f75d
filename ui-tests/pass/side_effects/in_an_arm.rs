//! `fail/side_effects/in_an_arm.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        guarantee = exactly_once;
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.branch {
            n if *n > 100 => .for_each(|n| println!("{n}"), at_least_once),
            else => out,
        };
    }
}

fn main() {}
