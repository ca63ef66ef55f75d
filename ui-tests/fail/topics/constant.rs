//! A constant that names a topic names one topic.

use streams::prelude::*;

#[topology]
mod t {
    const RESULTS: &str = "results";

    topology! {
        source orders: stream<String, i64> = "orders";
        sink amounts: stream<String, i64> = RESULTS;
        sink flags: stream<String, Vec<u8>> = RESULTS;

        orders.to(amounts);
        orders.map_values(|n| vec![u8::from(*n > 0)]).to(flags);
    }
}

fn main() {}
