//! A format's name is spelled wrong.

use streams::prelude::*;

#[topology]
mod t {
    #[derive(Clone, Serialize, Deserialize)]
    pub struct Order {
        pub id: u64,
    }

    topology! {
        format = jsn;
        source orders: stream<String, Order> = "orders";
        sink out: stream<String, Order> = "out";

        orders.to(out);
    }
}

fn main() {}
