//! A global table is for joins only.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, String> = "orders";
        global products: table<i64, String> = "products";
        sink out: stream<String, String> = "out";

        products.to_stream().map_values(|p| p.clone()).select_key(|_, p| p.clone()).to(out);
        orders.join(products, |_| 7, |o, p| format!("{o}{p}")).to(out);
    }
}

fn main() {}
