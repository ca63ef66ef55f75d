//! A function that takes references.

use streams::prelude::*;

#[topology]
mod t {
    async fn ask(value: &i64) -> Result<i64, String> {
        Ok(*value)
    }

    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.call(ask).to(out);
    }
}

fn main() {}
