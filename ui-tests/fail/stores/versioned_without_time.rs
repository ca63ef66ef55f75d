//! `versioned` says for how long.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table prices: table<String, i64> = "prices", versioned;
        sink out: table<String, i64> = "out";

        prices.to(out);
    }
}

fn main() {}
