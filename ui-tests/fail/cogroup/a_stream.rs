//! A stream where `cogroup` needs a group.
use streams::prelude::*;

#[topology]
mod app {
    topology! {
        source a: stream<String, i64> = "a";
        source b: stream<String, String> = "b";
        sink out: table<String, i64> = "out";

        a.group_by_key()
            .cogroup(|n, sum| *sum += n)
            .cogroup(b, |text, sum| *sum += text.len() as i64)
            .aggregate(sums: i64 = 0)
            .to(out);
    }
}

fn main() {
    let _ = app::app();
}
