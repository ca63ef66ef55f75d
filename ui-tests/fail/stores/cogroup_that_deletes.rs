//! A key that was deleted can come back with an older time.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        source visits: stream<String, i64> = "visits";
        sink out: table<String, i64> = "out";

        store totals: versioned<String, Option<i64>>, retention = 1h;

        let visited = visits.group_by_key();
        orders
            .group_by_key()
            .cogroup(|n, total| *total = Some(*n))
            .cogroup(visited, |_, total| *total = None)
            .aggregate(totals = None)
            .to(out);
    }
}

fn main() {}
