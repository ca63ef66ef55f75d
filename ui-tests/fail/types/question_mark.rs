//! `?` on something that is no error.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.map_values(|n| -> i64 { n.checked_add(1)? }).to(out);
    }
}

fn main() {}
