//! `fail/topics/two_sinks.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink amounts: stream<String, i64> = "results";
        sink texts: stream<String, String> = "texts";

        orders.to(amounts);
        orders.map_values(|n| n.to_string()).to(texts);
    }
}

fn main() {}
