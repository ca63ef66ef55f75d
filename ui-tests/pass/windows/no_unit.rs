//! `fail/windows/no_unit.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        sink out: stream<Windowed<String>, i64> = "out";

        clicks.group_by_key().window(tumbling(300s)).count(counts).to_stream().to(out);
    }
}

fn main() {}
