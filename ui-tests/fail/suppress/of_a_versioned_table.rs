//! The last update to come need not be the latest.
use streams::prelude::*;

#[topology]
mod app {
    topology! {
        table prices: table<String, i64> = "prices", versioned = 1h;
        sink out: table<String, i64> = "out";
        sink dear: table<String, i64> = "dear";
        sink now: table<String, i64> = "now";
        store counts: versioned<String, i64>, retention = 1h;
        sink counted: table<String, i64> = "counted";
        source orders: stream<String, i64> = "orders";

        prices.suppress(until(10s)).to(out);
        prices.filter(|v| *v > 9).suppress(until(10s), name = waiting).to(dear);
        orders.group_by_key().count(counts).suppress(until(10s)).to(counted);
        prices.map_values(|v| -> i64 { v + 1 }, name = latest).suppress(until(10s)).to(now);
    }
}

fn main() {
    let _ = app::app();
}
