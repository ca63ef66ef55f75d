//! A repartition topic and that of a store have one name.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<i64, i64> = "out";

        let sized = orders.select_key(|_, n| -> i64 { n / 100 });
        sized.repartition(sizes).to(out);
        sized.group_by_key().count(sizes).to_stream().to(out);
    }
}

fn main() {}
