//! `registry(…)` and `list(…)` are written around one format, and a registry keeps schemas of
//! those that have them.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source a: stream<String, Vec<i64>> = "a", format = registry(utf8);
        source b: stream<String, Vec<i64>> = "b", format = registry;
        source c: stream<String, Vec<i64>> = "c", format = list(utf8, json);
        source d: stream<String, Vec<i64>> = "d", format = registy(json);
        sink out: stream<String, Vec<i64>> = "out", format = list(big_endian);

        a.to(out);
        b.to(out);
        c.to(out);
        d.to(out);
    }
}

fn main() {}
