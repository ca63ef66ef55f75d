//! A setting that is given twice.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        format = json;
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";
        format = utf8;

        orders.to(out);
    }
}

fn main() {}
