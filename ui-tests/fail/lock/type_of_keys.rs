//! A store goes by keys of another type.

pub mod before {
    use streams::prelude::*;

    #[topology]
    pub mod orders {
        topology! {
            source orders: stream<String, i64> = "orders";
            sink out: stream<i64, i64> = "out";

            orders.group_by(|_, n| -> i64 { n / 100 }).count(sizes).to_stream().to(out);
        }
    }
}

pub mod after {
    use streams::prelude::*;

    #[topology]
    pub mod orders {
        topology! {
            source orders: stream<String, i64> = "orders";
            sink out: stream<i32, i64> = "out";

            orders.group_by(|_, n| -> i32 { (n / 100) as i32 }).count(sizes).to_stream().to(out);
        }
    }
}
