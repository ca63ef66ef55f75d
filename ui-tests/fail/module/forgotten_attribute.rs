//! `topology! { … }` in a module without the attribute.

mod orders {
    use streams::prelude::*;

    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.to(out);
    }
}

fn main() {}
