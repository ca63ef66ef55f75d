//! Versioned tables, declared and made, and stores without a changelog.

use streams::prelude::*;

const TOPIC: &str = "prices";

#[topology]
mod t {
    use super::TOPIC;

    topology! {
        source orders: stream<&str, i64> = "orders";
        /// The prices, as far back as orders may be late.
        table prices: table<String, i64> = TOPIC, versioned = 1h, memory;
        source raw: stream<String, i64> = "raw";
        sink out: stream<&str, i64> = "out";
        sink costs: table<String, i64> = "costs";

        store costs_history: versioned<String, i64>, retention = 2d, changelog = off, memory;

        orders.join(prices, |amount, price| amount * price, grace(5m), name = priced).to(out);
        raw.to_table(costs_history).filter(|cost| *cost > 0).to(costs);
    }
}

fn main() {
    let app = t::app();
    assert_eq!(app.description().name, "t");
}
