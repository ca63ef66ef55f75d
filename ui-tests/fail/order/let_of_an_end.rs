//! `let` names a chain that has ended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        let written = orders.to(out);
    }
}

fn main() {}
