//! A store of counts becomes one of windows.

pub mod before {
    use streams::prelude::*;

    #[topology]
    pub mod orders {
        topology! {
            source orders: stream<String, i64> = "orders";
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
            source orders: stream<String, i64> = "orders";
            sink out: stream<Windowed<String>, i64> = "out";

            orders.group_by_key().window(tumbling(5m)).count(counts).to_stream().to(out);
        }
    }
}
