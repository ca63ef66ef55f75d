//! The type of the joined rows is not written.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table left: table<String, i64> = "left";
        table right: table<String, i64> = "right";
        sink out: table<String, i64> = "out";

        left.join(right, |l, r| l + r).to(out);
    }
}

fn main() {}
