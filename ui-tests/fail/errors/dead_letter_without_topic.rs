//! Dead letters without the topic that they go to.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders", on_error = dead_letter;
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
