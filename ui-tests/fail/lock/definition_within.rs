//! A type within a type of a topic is another; a comment is no change.

pub mod before {
    use streams::prelude::*;

    #[topology]
    pub mod orders {
        #[derive(Clone, Serialize, Deserialize)]
        pub struct Order {
            /// In cents.
            pub amount: i64,
            pub lines: Vec<Line>,
        }

        #[derive(Clone, Serialize, Deserialize)]
        pub struct Line {
            pub text: String,
        }

        topology! {
            format = json;
            source orders: stream<String, Order> = "orders";
            sink out: stream<String, Order> = "out";

            orders.to(out);
        }
    }
}

pub mod after {
    use streams::prelude::*;

    #[topology]
    pub mod orders {
        #[derive(Clone, Serialize, Deserialize)]
        pub struct Order {
            /// In cents of a euro.
            pub amount: i64,
            pub lines: Vec<Line>,
        }

        #[derive(Clone, Serialize, Deserialize)]
        pub struct Line {
            pub text: Option<String>,
        }

        topology! {
            format = json;
            source orders: stream<String, Order> = "orders";
            sink out: stream<String, Order> = "out";

            orders.to(out);
        }
    }
}
