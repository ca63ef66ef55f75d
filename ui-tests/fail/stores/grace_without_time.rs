//! How long do records wait?

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<String, String> = "clicks";
        table users: table<String, String> = "users", versioned = 1h;
        sink out: stream<String, String> = "out";

        clicks.join(users, |click, user| -> String { format!("{user} {click}") }, grace()).to(out);
    }
}

fn main() {}
