//! What the closure makes is no key of the other table.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table orders: table<String, String> = "orders";
        table customers: table<i64, String> = "customers";
        sink out: table<String, String> = "out";

        orders
            .join(customers, |order| order.len(), |o, c| -> String { format!("{o}{c}") })
            .to(out);
    }
}

fn main() {}
