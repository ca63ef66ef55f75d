//! A duration is written, not computed.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        sink out: stream<Windowed<String>, i64> = "out";

        clicks.group_by_key().window(tumbling(Duration::from_secs(300))).count(counts).to_stream().to(out);
    }
}

fn main() {}
