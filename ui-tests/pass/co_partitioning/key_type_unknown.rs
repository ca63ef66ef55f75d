//! `fail/co_partitioning/key_type_unknown.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.group_by(|k, _| -> String { k[..1].to_owned() }).count(counts).to_stream().to(out);
    }
}

fn main() {}
