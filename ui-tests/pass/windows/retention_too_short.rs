//! `fail/windows/retention_too_short.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        sink out: stream<Windowed<String>, i64> = "out";

        clicks.group_by_key().window(tumbling(5m), grace(1m), retention(6m)).count(counts).to_stream().to(out);
    }
}

fn main() {}
