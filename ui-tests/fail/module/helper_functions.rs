//! A function that only the broken topology uses is not reported as unused.

use streams::prelude::*;

#[topology]
mod t {
    fn double(n: &i64) -> i64 {
        n * 2
    }

    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.map_values(double).to(oot);
    }
}

fn main() {}
