//! A repartition and a store between do not break the circle.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source visits: stream<String, i64> = "visits";
        sink back: stream<String, i64> = "visits";

        visits.group_by(|_, n| -> i64 { *n }).count(visitors).to_stream().map(|k, n| (k.to_string(), *n)).to(back);
    }
}

fn main() {}
