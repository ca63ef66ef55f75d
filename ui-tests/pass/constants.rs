//! Constants of the module stand for topics and numbers of partitions.

use streams::prelude::*;

#[topology]
mod t {
    pub const ORDERS: &str = "orders";
    const PARTITIONS: i32 = 12;

    topology! {
        source orders: stream<String, i64> = ORDERS, partitions = PARTITIONS;
        sink out: stream<String, i64> = concat!("out", "-1");

        orders.to(out);
    }
}

fn main() {
    let description = <t::Topology as streams::Topology>::DESCRIPTION;
    assert_eq!(description.topics[0].partitions, Some(12));
    assert_eq!(description.topics[1].name, "out-1");
}
