//! A table is joined with a stream.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table left: table<String, i64> = "left";
        source right: stream<String, i64> = "right";
        sink out: stream<String, i64> = "out";

        left.join(right, |l, r| -> i64 { l + r }).to_stream().to(out);
    }
}

fn main() {}
