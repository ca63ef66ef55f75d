//! A join with a global table says which row.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, String> = "orders";
        global products: table<i64, String> = "products";
        sink out: stream<String, String> = "out";

        orders.join(products, |order, name| format!("{order}{name}")).to(out);
    }
}

fn main() {}
