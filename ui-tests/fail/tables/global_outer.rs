//! There is no outer join with a global table.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, String> = "orders";
        global products: table<i64, String> = "products";
        sink out: stream<String, String> = "out";

        orders.outer_join(products, |_| 7, |o, p| format!("{o:?}{p:?}")).to(out);
    }
}

fn main() {}
