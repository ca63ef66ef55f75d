//! What is new costs nothing, and is to be locked.

pub mod before {
    use streams::prelude::*;

    #[topology]
    pub mod orders {
        topology! {
            source orders: stream<String, i64> = "orders";
            sink out: stream<String, i64> = "out";

            orders.to(out);
        }
    }
}

pub mod after {
    use streams::prelude::*;

    #[topology]
    pub mod orders {
        topology! {
            source orders: stream<String, i64> = "orders";
            sink out: stream<String, i64> = "out";

            orders.to(out);
            orders.group_by_key().count(counts);
        }
    }
}
