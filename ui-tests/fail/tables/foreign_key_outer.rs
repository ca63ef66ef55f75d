//! There is no outer join by a foreign key.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table orders: table<String, String> = "orders";
        table customers: table<i64, String> = "customers";
        sink out: table<String, String> = "out";

        orders
            .outer_join(customers, |_| 7, |o, c| -> String { format!("{o:?}{c:?}") })
            .to(out);
    }
}

fn main() {}
