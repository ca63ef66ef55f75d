//! The windows give one result already.
use streams::prelude::*;

#[topology]
mod app {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        sink out: table<Windowed<String>, i64> = "out";

        clicks.group_by_key().window(tumbling(5m), emit(on_close)).count(counts).suppress(until_close).to(out);
    }
}

fn main() {
    let _ = app::app();
}
