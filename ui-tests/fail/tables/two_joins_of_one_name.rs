//! Two joins have no name and would share their topics.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table orders: table<String, String> = "orders";
        table customers: table<i64, String> = "customers";
        sink out: table<String, String> = "out";

        orders.join(customers, |_| 7, |o, c| -> String { format!("{o}{c}") }).to(out);
        orders.left_join(customers, |_| 8, |o, c| -> String { format!("{o}{c:?}") }).to(out);
    }
}

fn main() {}
