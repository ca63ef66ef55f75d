//! json needs `Deserialize` to read a type.

use streams::prelude::*;

#[topology]
mod t {
    #[derive(Serialize)]
    pub struct Order {
        pub id: i64,
    }

    topology! {
        source orders: stream<String, Order> = "orders", format = json;
        sink out: stream<String, i64> = "out";

        orders.map_values(|o| o.id).to(out);
    }
}

fn main() {}
