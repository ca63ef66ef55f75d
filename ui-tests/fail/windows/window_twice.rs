//! A group has one kind of windows.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        sink out: stream<Windowed<String>, i64> = "out";

        clicks.group_by_key().window(tumbling(5m)).window(tumbling(1h)).count(counts).to_stream().to(out);
    }
}

fn main() {}
