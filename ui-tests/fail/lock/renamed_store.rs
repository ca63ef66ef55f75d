//! A store is called otherwise.

pub mod before {
    use streams::prelude::*;

    #[topology]
    pub mod orders {
        topology! {
            source orders: stream<String, i64> = "orders";
            sink out: stream<String, i64> = "out";

            orders.group_by_key().count(per_account).to_stream().to(out);
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

            orders.group_by_key().count(by_account).to_stream().to(out);
        }
    }
}
