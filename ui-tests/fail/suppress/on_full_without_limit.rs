//! What has no limit is never full.
use streams::prelude::*;

#[topology]
mod app {
    topology! {
        table prices: table<String, i64> = "prices";
        sink out: table<String, i64> = "out";

        prices.suppress(until(10s), on_full = shut_down).to(out);
    }
}

fn main() {
    let _ = app::app();
}
