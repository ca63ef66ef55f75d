//! A format that needs another crate is behind a feature.

use streams::prelude::*;

#[topology]
mod t {
    #[derive(Serialize, Deserialize)]
    pub struct Order {
        pub id: i64,
    }

    topology! {
        source orders: stream<String, Order> = "orders", format = avro;
        sink out: stream<String, Order> = "out", format = json;

        orders.filter(|order| order.id > 0).to(out);
    }
}

fn main() {}
