//! `reduce` gives what it takes.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: table<String, i64> = "out";

        orders.group_by_key().reduce(latest, |old, new| format!("{old}{new}")).to(out);
    }
}

fn main() {}
