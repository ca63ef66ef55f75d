//! What comes after needs old values, which nobody keeps.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table orders: table<String, String> = "orders";
        table customers: table<i64, String> = "customers";
        sink out: stream<String, i64> = "out";

        orders
            .join(customers, |_| 7, |o, c| -> String { format!("{o}{c}") })
            .group_by(|row| -> (String, i64) { (row.clone(), 1) })
            .count(counts)
            .to_stream()
            .to(out);
    }
}

fn main() {}
