//! Only doc comments stand before an item.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        #[cfg(test)]
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
