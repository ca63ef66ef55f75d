//! A stream has no updates to hold back.
use streams::prelude::*;

#[topology]
mod app {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        sink out: stream<String, i64> = "out";

        clicks.suppress(until(10s)).to(out);
    }
}

fn main() {
    let _ = app::app();
}
