//! The rows of the filtered table are nowhere kept.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table left: table<String, i64> = "left";
        table right: table<String, i64> = "right";
        sink out: table<String, i64> = "out";

        let even = left.filter(|n| n % 2 == 0);
        even.left_join(right, |l, r| -> i64 { l + r.unwrap_or(&0) }).to(out);
    }
}

fn main() {}
