//! A source has more partitions.

pub mod before {
    use streams::prelude::*;

    #[topology]
    pub mod orders {
        topology! {
            source orders: stream<String, i64> = "orders", partitions = 4;
            sink out: stream<String, i64> = "out";

            orders.group_by_key().count(counts).to_stream().to(out);
        }
    }
}

pub mod after {
    use streams::prelude::*;

    #[topology]
    pub mod orders {
        topology! {
            source orders: stream<String, i64> = "orders", partitions = 8;
            sink out: stream<String, i64> = "out";

            orders.group_by_key().count(counts).to_stream().to(out);
        }
    }
}
