//! Sessions are kept in a store of sessions.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        sink out: stream<Session<String>, i64> = "out";
        store counts: window<String, i64>, retention = 1h;

        clicks.group_by_key().window(session(5m)).count(counts).to_stream().to(out);
    }
}

fn main() {}
