//! `emit` once.
use streams::prelude::*;

#[topology]
mod app {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        sink out: stream<Windowed<String>, i64> = "out";

        clicks.group_by_key().window(tumbling(5m), emit(on_close), emit(on_update)).count(counts).to_stream().to(out);
    }
}

fn main() {
    let _ = app::app();
}
