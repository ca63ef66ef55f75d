//! A compacted topic has no history.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table users: table<String, i64> = "users", changelog = source, versioned = 1h;
        sink out: table<String, i64> = "out";

        users.to(out);
    }
}

fn main() {}
