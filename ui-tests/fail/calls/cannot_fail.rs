//! A function without an error.

use streams::prelude::*;

#[topology]
mod t {
    async fn ask(value: i64) -> i64 {
        value
    }

    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.call(ask).to(out);
    }
}

fn main() {}
