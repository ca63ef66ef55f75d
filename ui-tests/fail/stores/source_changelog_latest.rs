//! Rows from before the start would come back.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table users: table<String, i64> = "users", changelog = source, reset = latest;
        sink out: table<String, i64> = "out";

        users.to(out);
    }
}

fn main() {}
