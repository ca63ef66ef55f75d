//! What was skipped would come back.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table users: table<String, i64> = "users", changelog = source, on_error = skip;
        sink out: table<String, i64> = "out";

        users.to(out);
    }
}

fn main() {}
