//! What becomes of records that cannot be written is said by the sink.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out, on_error = skip);
    }
}

fn main() {}
