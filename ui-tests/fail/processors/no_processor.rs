//! A type that is no processor.

use streams::prelude::*;

#[topology]
mod t {
    #[derive(Default)]
    pub struct Order;

    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.process(Order).to(out);
    }
}

fn main() {}
