//! `fail/stores/windows_in_key_value_store.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        sink out: stream<Windowed<String>, i64> = "out";

        clicks.group_by_key().window(tumbling(5m)).count(counts).to_stream().to(out);
    }
}

fn main() {}
