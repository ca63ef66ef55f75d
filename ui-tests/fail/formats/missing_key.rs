//! A key of the user's type has no format, though the value has.

use streams::prelude::*;

#[topology]
mod t {
    #[derive(Clone, Serialize, Deserialize)]
    pub struct Order {
        pub id: u64,
    }

    topology! {
        source orders: stream<Order, i64> = "orders", format = big_endian;
        sink out: stream<Order, i64> = "out", key_format = json;

        orders.to(out);
    }
}

fn main() {}
