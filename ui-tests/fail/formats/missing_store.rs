//! A store's state has no format.

use streams::prelude::*;

#[topology]
mod t {
    #[derive(Clone, Default, Serialize, Deserialize)]
    pub struct Order {
        pub id: u64,
    }

    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";
        store last: kv<String, Order>;

        orders.transform(last, |n, order| { order.id += 1; *n }).to(out);
    }
}

fn main() {}
