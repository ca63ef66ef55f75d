//! A chain cannot end in a source.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        source returns: stream<String, i64> = "returns";

        orders.to(returns);
        returns.for_each(|_| ());
    }
}

fn main() {}
