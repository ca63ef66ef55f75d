//! A type that is not in scope.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, Order> = "orders", format = json;
        sink out: stream<String, Order> = "out", format = json;

        orders.to(out);
    }
}

fn main() {}
