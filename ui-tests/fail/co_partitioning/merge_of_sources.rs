//! What is merged and then kept by key is read by the same tasks.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source web: stream<String, i64> = "web", partitions = 8;
        source shop: stream<String, i64> = "shop", partitions = 4;
        sink out: stream<String, i64> = "out";

        let all = merge(web, shop);
        all.group_by_key().count(counts).to_stream().to(out);
    }
}

fn main() {}
