//! A type of the user's has no format.

use streams::prelude::*;

#[topology]
mod t {
    #[derive(Clone, Serialize, Deserialize)]
    pub struct Order {
        pub id: u64,
    }

    topology! {
        source orders: stream<String, Order> = "orders";
        sink out: stream<String, Order> = "out", format = json;

        orders.to(out);
    }
}

fn main() {}
