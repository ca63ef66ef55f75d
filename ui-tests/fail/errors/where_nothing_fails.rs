//! A policy where nothing fails.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.group_by_key(on_error = skip).count(counts).to_stream().to(out);
    }
}

fn main() {}
