//! `fail/stable_names/two_joins_with_one_stream.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        source taps: stream<String, i64> = "taps";
        source views: stream<String, i64> = "views";
        sink out: stream<String, i64> = "out";

        clicks.join(views, |c, v| -> i64 { c + v }, within(5m)).to(out);
        taps.join(views, |t, v| -> i64 { t * v }, within(5m), name = taps_and_views).to(out);
    }
}

fn main() {}
