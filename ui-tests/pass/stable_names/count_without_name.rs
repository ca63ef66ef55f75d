//! `fail/stable_names/count_without_name.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.group_by_key().count(per_account).to_stream().to(out);
    }
}

fn main() {}
