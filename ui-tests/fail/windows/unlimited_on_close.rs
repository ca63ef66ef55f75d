//! What never closes gives nothing on at its end.
use streams::prelude::*;

#[topology]
mod app {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        sink out: stream<Windowed<String>, i64> = "out";

        clicks.group_by_key().window(unlimited, emit(on_close)).count(counts).to_stream().to(out);
    }
}

fn main() {
    let _ = app::app();
}
