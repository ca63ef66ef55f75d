//! The state needs a first value.
use streams::prelude::*;

#[topology]
mod app {
    topology! {
        source a: stream<String, i64> = "a";
        source b: stream<String, String> = "b";
        sink out: table<String, i64> = "out";

        let other = b.group_by_key();
        a.group_by_key()
            .cogroup(|n, sum| *sum += n)
            .cogroup(other, |text, sum| *sum += text.len() as i64)
            .aggregate(sums)
            .to(out);
    }
}

fn main() {
    let _ = app::app();
}
