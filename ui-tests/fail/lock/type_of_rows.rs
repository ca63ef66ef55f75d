//! A store holds another type.

pub mod before {
    use streams::prelude::*;

    #[topology]
    pub mod orders {
        topology! {
            source orders: stream<String, i64> = "orders";
            sink out: stream<String, i64> = "out";

            orders.group_by_key().reduce(sums, |a, b| a + b).to_stream().to(out);
        }
    }
}

pub mod after {
    use streams::prelude::*;

    #[topology]
    pub mod orders {
        topology! {
            source orders: stream<String, f64> = "orders";
            sink out: stream<String, f64> = "out";

            orders.group_by_key().reduce(sums, |a, b| a + b).to_stream().to(out);
        }
    }
}
