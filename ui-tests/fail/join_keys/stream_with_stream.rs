//! Two streams are keyed by different types.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        source views: stream<u64, i64> = "views";
        sink out: stream<String, i64> = "out";

        clicks.join(views, |c, v| -> i64 { c + v }, within(5m), name = both).to(out);
    }
}

fn main() {}
