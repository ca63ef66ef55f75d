//! Repartitions are explicit; `map` counts as a change of the key, `map_values` does not.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        repartitions = explicit;
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";
        store seen: kv<String, i64>;

        orders
            .map(|k, n| -> (String, i64) { (k.clone(), n + 1) })
            .map_values(|n| -> i64 { n * 2 })
            .transform(seen, |n, seen| -> i64 { *seen += n; *seen })
            .to(out);
    }
}

fn main() {}
