//! What goes through a registry has a schema.

use streams::prelude::*;

#[topology]
mod t {
    #[derive(Serialize, Deserialize)]
    pub struct Order {
        pub id: i64,
    }

    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, Order> = "out", format = registry(json);

        orders.map_values(|n| Order { id: *n }).to(out);
    }
}

fn main() {}
