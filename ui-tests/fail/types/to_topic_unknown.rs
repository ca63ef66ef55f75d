//! A value whose type is not written.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";

        orders.map_values(|v| v + 1).to_topic(|v| v.to_string());
    }
}

fn main() {}
