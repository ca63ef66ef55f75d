//! A module with two topologies.

use streams::prelude::*;

#[topology]
mod orders {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }

    topology! {
        source returns: stream<String, i64> = "returns";
        sink back: stream<String, i64> = "back";

        returns.to(back);
    }
}

fn main() {}
