//! A stream does not join a table that is keyed by windows.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        sink out: stream<String, i64> = "out";

        let counted = clicks.group_by_key().window(tumbling(5m)).count(counts);
        clicks.join(counted, |n, count| n * count).to(out);
    }
}

fn main() {}
