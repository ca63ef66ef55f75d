//! The smallest topology: a topic copied to another.

use streams::prelude::*;

#[topology]
mod copy {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {
    let _app = copy::app();
}
