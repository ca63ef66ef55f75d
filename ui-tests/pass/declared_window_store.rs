//! A windowed aggregation in a declared store.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        sink out: stream<Windowed<String>, i64> = "out";
        store counts: window<String, i64>, retention = 1h, memory, changelog = off;

        clicks.group_by_key().window(tumbling(5m), grace(1m)).count(counts).to_stream().to(out);
    }
}

fn main() {}
