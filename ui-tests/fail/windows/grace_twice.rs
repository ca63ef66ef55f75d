//! An option of `window` that is given twice.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        sink out: stream<Windowed<String>, i64> = "out";

        clicks.group_by_key().window(tumbling(5m), grace(1m), grace(2m)).count(counts).to_stream().to(out);
    }
}

fn main() {}
