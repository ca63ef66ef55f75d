//! The tables have keys of different types.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table left: table<String, i64> = "left";
        table right: table<i64, i64> = "right";
        sink out: table<String, i64> = "out";

        left.outer_join(right, |l, r| -> i64 { l.or(r).copied().unwrap_or(0) }).to(out);
    }
}

fn main() {}
