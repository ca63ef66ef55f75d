//! `merge` of streams with different values.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        source notes: stream<String, String> = "notes";
        sink out: stream<String, i64> = "out";

        merge(orders, notes).to(out);
    }
}

fn main() {}
