//! Two sinks write values of different types to one topic.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink amounts: stream<String, i64> = "results";
        sink texts: stream<String, String> = "results";

        orders.to(amounts);
        orders.map_values(|n| n.to_string()).to(texts);
    }
}

fn main() {}
