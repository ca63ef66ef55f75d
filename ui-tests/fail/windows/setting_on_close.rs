//! Only windows close: not a setting of the topology.
use streams::prelude::*;

#[topology]
mod app {
    topology! {
        emit = on_close;
        source clicks: stream<String, i64> = "clicks";
        sink out: stream<Windowed<String>, i64> = "out";

        clicks.group_by_key().window(tumbling(5m)).count(counts).to_stream().to(out);
    }
}

fn main() {
    let _ = app::app();
}
