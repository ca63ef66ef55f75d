//! Of a table's changelog there are two words.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table users: table<String, i64> = "users", changelog = topic;
        sink out: table<String, i64> = "out";

        users.to(out);
    }
}

fn main() {}
