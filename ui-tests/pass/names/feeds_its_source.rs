//! `fail/names/feeds_its_source.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink again: stream<String, i64> = "increased";

        orders.map_values(|n| n + 1).to(again);
    }
}

fn main() {}
