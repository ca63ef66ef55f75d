//! `fail/stores/borrowed.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        table names: table<String, String> = "names";
        source orders: stream<&str, &[u8]> = "orders";
        store last: kv<String, Vec<u8>>;
        sink named: stream<String, usize> = "named", format = json;
        sink changes: stream<String, bool> = "changes";

        orders.join(names, |order, name| order.len() + name.len()).to(named);
        orders
            .transform(last, |order, last| std::mem::replace(last, order.to_vec()) == *order)
            .to(changes);
    }
}

fn main() {}
