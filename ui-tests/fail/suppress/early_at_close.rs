//! A window's result is not given on early.
use streams::prelude::*;

#[topology]
mod app {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        sink out: table<Windowed<String>, i64> = "out";

        clicks.group_by_key().window(tumbling(5m)).count(counts).suppress(until_close, max_records = 5, on_full = emit_early).to(out);
    }
}

fn main() {
    let _ = app::app();
}
