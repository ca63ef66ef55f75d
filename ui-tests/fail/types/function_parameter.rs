//! A function of the module takes another type of value.

use streams::prelude::*;

#[topology]
mod t {
    fn length(text: &String) -> i64 {
        text.len() as i64
    }

    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.map_values(length).to(out);
    }
}

fn main() {}
