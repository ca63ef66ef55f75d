//! A topology with an error is no error for the code that uses it.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        ordres.to(out);
        orders.to(out);
    }
}

fn main() {
    let _app = t::app();
    let _driver = t::test_driver();
}
