//! `fail/join_keys/borrowed.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source raw: stream<&str, i64> = "raw";
        table names: table<String, i64> = "names";
        sink out: stream<&str, i64> = "out";

        raw.join(names, |n, m| n + m).to(out);
    }
}

fn main() {}
