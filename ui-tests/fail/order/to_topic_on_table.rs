//! Records of a table name no topic.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table orders: table<String, i64> = "orders";

        orders.to_topic(|_, _| "out");
    }
}

fn main() {}
