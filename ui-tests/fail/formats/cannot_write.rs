//! json needs `Serialize` to write a type.

use streams::prelude::*;

#[topology]
mod t {
    pub struct Order {
        pub id: i64,
    }

    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, Order> = "out", format = json;

        orders.map_values(|n| Order { id: *n }).to(out);
    }
}

fn main() {}
