//! Several topologies in one program, one of them inside another module.

use streams::prelude::*;

#[topology]
pub mod first {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";
        orders.to(out);
    }
}

mod inner {
    use streams::prelude::*;

    #[topology]
    pub(crate) mod second {
        use super::super::first;

        topology! {
            source orders: stream<String, i64> = "orders";
            sink out: stream<String, u64> = "out";
            orders.map_values(size).to(out);
        }

        fn size(n: &i64) -> u64 {
            let _ = first::app;
            n.unsigned_abs()
        }
    }
}

fn main() {
    let _ = (first::app(), inner::second::app());
}
