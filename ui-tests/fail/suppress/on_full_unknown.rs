//! `on_full` has two words.
use streams::prelude::*;

#[topology]
mod app {
    topology! {
        table prices: table<String, i64> = "prices";
        sink out: table<String, i64> = "out";

        prices.suppress(until(10s), max_records = 5, on_full = explode).to(out);
    }
}

fn main() {
    let _ = app::app();
}
