//! One topic in two formats.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink plain: stream<String, i64> = "results";
        sink text: stream<String, i64> = "results", format = json;

        orders.to(plain);
        orders.to(text);
    }
}

fn main() {}
