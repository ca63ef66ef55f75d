//! A time without its unit.
use streams::prelude::*;

#[topology]
mod app {
    topology! {
        table prices: table<String, i64> = "prices";
        sink out: table<String, i64> = "out";

        prices.suppress(until(10)).to(out);
    }
}

fn main() {
    let _ = app::app();
}
