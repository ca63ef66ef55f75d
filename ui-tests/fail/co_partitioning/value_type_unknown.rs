//! The value's type is nowhere written, where a topic needs it.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders
            .map_values(|n| n / 2)
            .group_by(|k, _| -> String { k[..1].to_owned() })
            .count(counts)
            .to_stream()
            .to(out);
    }
}

fn main() {}
