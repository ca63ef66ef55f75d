//! An operator of another library has no near name here.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.debounce(|n| *n > 0).to(out);
    }
}

fn main() {}
