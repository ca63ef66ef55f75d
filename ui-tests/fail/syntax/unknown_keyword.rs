//! A word that opens no item.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        sorce orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
