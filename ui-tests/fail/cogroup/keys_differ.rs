//! Groups with keys of two types in one cogroup.
use streams::prelude::*;

#[topology]
mod app {
    topology! {
        source a: stream<String, i64> = "a";
        source b: stream<i64, String> = "b";
        sink out: table<String, i64> = "out";

        let other = b.group_by_key();
        a.group_by_key()
            .cogroup(|n, sum| *sum += n)
            .cogroup(other, |text, sum| *sum += text.len() as i64)
            .aggregate(sums: i64 = 0)
            .to(out);
    }
}

fn main() {
    let _ = app::app();
}
