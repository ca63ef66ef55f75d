//! Something that is neither.
use streams::prelude::*;

#[topology]
mod app {
    topology! {
        table prices: table<String, i64> = "prices";
        sink out: table<String, i64> = "out";

        prices.suppress(10s).to(out);
    }
}

fn main() {
    let _ = app::app();
}
