//! The table forgets what was, so nothing is won by waiting.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<String, String> = "clicks";
        table users: table<String, String> = "users";
        sink out: stream<String, String> = "out";

        clicks.join(users, |click, user| -> String { format!("{user} {click}") }, grace(10s)).to(out);
    }
}

fn main() {}
