//! Doc comments stand before items of the module, of the language, and inside the module.

use streams::prelude::*;

/// A topology.
#[topology]
mod t {
    //! With a text inside.

    topology! {
        /// All orders.
        /// Of all shops.
        source orders: stream<String, i64> = "orders";
        /// Those above 100.
        sink out: stream<String, i64> = "out";
        /// Not the small ones.
        let large = orders.filter(|n| *n > 100);
        large.to(out);
    }
}

fn main() {
    let description = <t::Topology as streams::Topology>::DESCRIPTION;
    let nodes = description.subtopologies[0].nodes.iter().collect::<Vec<_>>();
    assert_eq!(nodes[0].doc, "All orders.\nOf all shops.");
    assert_eq!(nodes[1].doc, "Not the small ones.");
}
