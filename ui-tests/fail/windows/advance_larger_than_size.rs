//! Hopping windows would leave gaps.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        sink out: stream<Windowed<String>, i64> = "out";

        clicks.group_by_key().window(hopping(1m, 5m)).count(counts).to_stream().to(out);
    }
}

fn main() {}
