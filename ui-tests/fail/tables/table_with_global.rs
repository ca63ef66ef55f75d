//! A table is not joined with a global table.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table orders: table<String, String> = "orders";
        global products: table<i64, String> = "products";
        sink out: table<String, String> = "out";

        orders.join(products, |_| 7, |o, p| -> String { format!("{o}{p}") }).to(out);
    }
}

fn main() {}
