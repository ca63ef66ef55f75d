//! `window` needs a group.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<Windowed<String>, i64> = "out";

        orders.window(tumbling(5m)).count(counts).to_stream().to(out);
    }
}

fn main() {}
