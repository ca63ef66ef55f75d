//! A function of the module with too many parameters.

use streams::prelude::*;

#[topology]
mod t {
    fn add(_key: &String, a: &i64, _cx: &Context<'_>, d: &i64) -> i64 {
        a + d
    }

    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.map_values(add).to(out);
    }
}

fn main() {}
