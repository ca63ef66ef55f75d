//! A global table has no dead letters.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, String> = "orders";
        global products: table<i64, String> = "products", on_error = dead_letter("dead");
        sink out: stream<String, String> = "out";

        orders.join(products, |_| 7, |o, p| format!("{o}{p}")).to(out);
    }
}

fn main() {}
