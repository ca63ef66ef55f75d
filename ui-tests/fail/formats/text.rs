//! A format is a name, not a text.

use streams::prelude::*;

#[topology]
mod t {
    #[derive(Clone, Serialize, Deserialize)]
    pub struct Order {
        pub id: u64,
    }

    topology! {
        source orders: stream<String, Order> = "orders", format = "json";
        sink out: stream<String, Order> = "out", format = json;

        orders.to(out);
    }
}

fn main() {}
