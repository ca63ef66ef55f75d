//! The foreign key is not of the type of the other table's keys.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table orders: table<String, String> = "orders";
        table customers: table<i64, String> = "customers";
        sink out: table<String, String> = "out";

        orders
            .join(customers, |order| -> String { order.clone() }, |o, c| -> String { format!("{o}{c}") })
            .to(out);
    }
}

fn main() {}
