//! A history of no length.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table prices: table<String, i64> = "prices", versioned = 0s;
        sink out: table<String, i64> = "out";

        prices.to(out);
    }
}

fn main() {}
