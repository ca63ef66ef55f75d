//! A `table` is declared as `table<K, V>`.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table prices: stream<String, i64> = "prices";
        sink out: table<String, i64> = "out";

        prices.to(out);
    }
}

fn main() {}
