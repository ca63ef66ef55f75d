//! A store's format cannot write its state.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";
        store totals: kv<String, Vec<i64>>, format = big_endian;

        orders.transform(totals, |n, all| { all.push(*n); all.len() as i64 }).to(out);
    }
}

fn main() {}
