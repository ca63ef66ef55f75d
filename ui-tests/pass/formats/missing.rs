//! `fail/formats/missing.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    #[derive(Clone, Serialize, Deserialize)]
    pub struct Order {
        pub id: u64,
    }

    topology! {
        format = json;
        source orders: stream<String, Order> = "orders";
        sink out: stream<String, Order> = "out";

        orders.to(out);
    }
}

fn main() {}
