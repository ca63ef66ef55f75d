//! Two streams that are joined declare different numbers of partitions.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<String, i64> = "clicks", partitions = 3;
        source views: stream<String, i64> = "views", partitions = 4;
        sink out: stream<String, i64> = "out";

        clicks.join(views, |c, v| -> i64 { c + v }, within(5m), name = both).to(out);
    }
}

fn main() {}
