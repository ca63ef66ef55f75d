//! Updates of a table without a store need a name for what waits.
use streams::prelude::*;

#[topology]
mod app {
    topology! {
        table prices: table<String, i64> = "prices";
        sink out: table<String, i64> = "out";

        prices.filter(|v| *v > 0).suppress(until(10s)).to(out);
    }
}

fn main() {
    let _ = app::app();
}
