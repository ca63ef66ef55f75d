//! A table comes back from its own topic.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table users: table<String, i64> = "users", changelog = source;
        sink out: table<String, i64> = "out";

        users.to(out);
    }
}

fn main() {}
