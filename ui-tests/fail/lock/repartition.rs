//! A repartition topic is called otherwise.

pub mod before {
    use streams::prelude::*;

    #[topology]
    pub mod orders {
        topology! {
            source orders: stream<String, i64> = "orders";
            sink out: stream<i64, i64> = "out";

            orders.select_key(|_, n| -> i64 { n / 100 }).repartition(by_size).to(out);
        }
    }
}

pub mod after {
    use streams::prelude::*;

    #[topology]
    pub mod orders {
        topology! {
            source orders: stream<String, i64> = "orders";
            sink out: stream<i64, i64> = "out";

            orders.select_key(|_, n| -> i64 { n / 100 }).repartition(sized).to(out);
        }
    }
}
