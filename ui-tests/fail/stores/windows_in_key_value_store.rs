//! A windowed aggregation does not keep its state in a key-value store.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<String, i64> = "clicks";
        sink out: stream<Windowed<String>, i64> = "out";
        store counts: kv<String, i64>;

        clicks.group_by_key().window(tumbling(5m)).count(counts).to_stream().to(out);
    }
}

fn main() {}
