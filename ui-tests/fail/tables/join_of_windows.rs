//! A table is keyed by windows.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table left: table<String, i64> = "left";
        source right: stream<String, i64> = "right";
        sink out: table<String, i64> = "out";

        let counted = right.group_by_key().window(tumbling(1m)).count(counts);
        left.join(counted, |l, r| -> i64 { l + r }).to(out);
    }
}

fn main() {}
