//! An item of Rust stands beside `topology!`, not in it.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        fn double(n: &i64) -> i64 { n * 2 }
        orders.map_values(double).to(out);
    }
}

fn main() {}
