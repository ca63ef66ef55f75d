//! A borrowed key is not one of another type.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source raw: stream<&[u8], i64> = "raw";
        table names: table<String, i64> = "names";
        sink out: stream<&[u8], i64> = "out";

        raw.join(names, |n, m| n + m).to(out);
    }
}

fn main() {}
