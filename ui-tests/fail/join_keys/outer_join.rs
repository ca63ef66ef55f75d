//! An outer join of streams has the same rule.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        source views: stream<i64, i64> = "views";
        sink out: stream<String, i64> = "out";

        clicks.outer_join(views, |c, v| -> i64 { c.unwrap_or(&0) + v.unwrap_or(&0) }, within(5m), name = both).to(out);
    }
}

fn main() {}
