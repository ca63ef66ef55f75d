//! The rows of the other table are nowhere kept.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table left: table<String, i64> = "left";
        table right: table<String, i64> = "right";
        sink out: table<String, i64> = "out";

        let even = right.filter(|n| n % 2 == 0);
        left.join(even, |l, r| -> i64 { l + r }).to(out);
    }
}

fn main() {}
