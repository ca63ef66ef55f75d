//! What the function gives is no key of the global table.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, String> = "orders";
        global products: table<i64, String> = "products";
        sink out: stream<String, String> = "out";

        orders.join(products, |order| -> String { order.clone() }, |o, p| format!("{o}{p}")).to(out);
    }
}

fn main() {}
