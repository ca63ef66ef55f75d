//! Records that wait are kept, by their types.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<String, String> = "clicks";
        table users: table<String, String> = "users", versioned = 1h;
        sink out: stream<String, String> = "out";

        clicks
            .map_values(|click| click.len())
            .join(users, |length, user| -> String { format!("{user} {length}") }, grace(10s))
            .to(out);
    }
}

fn main() {}
