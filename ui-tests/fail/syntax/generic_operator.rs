//! An operator takes no type arguments.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.map_values::<i64>(|n| n + 1).to(out);
    }
}

fn main() {}
