//! By the time that the record is joined the table has forgotten.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<String, String> = "clicks";
        table users: table<String, String> = "users", versioned = 5s;
        sink out: stream<String, String> = "out";

        clicks.join(users, |click, user| -> String { format!("{user} {click}") }, grace(10s)).to(out);
    }
}

fn main() {}
