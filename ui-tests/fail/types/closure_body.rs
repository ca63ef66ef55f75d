//! An error inside a closure is rustc's, at the user's token.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, String> = "out";

        orders.map_values(|n| n.to_uppercase()).to(out);
    }
}

fn main() {}
