//! Rows come back with the records' own times.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table users: table<String, i64> = "users",
            changelog = source, time = |_, v| v.unwrap_or(0);
        sink out: table<String, i64> = "out";

        users.to(out);
    }
}

fn main() {}
