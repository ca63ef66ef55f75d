//! A type in a store gains a field.

pub mod before {
    use streams::prelude::*;

    #[topology]
    pub mod orders {
        #[derive(Clone, Default, Serialize, Deserialize)]
        pub struct Spent {
            pub total: i64,
        }

        fn add(n: &i64, spent: &mut Spent) -> i64 {
            spent.total += n;
            spent.total
        }

        topology! {
            format = json;
            source orders: stream<String, i64> = "orders";
            sink out: stream<String, i64> = "out";
            store spent: kv<String, Spent>;

            orders.transform(spent, add).to(out);
        }
    }
}

pub mod after {
    use streams::prelude::*;

    #[topology]
    pub mod orders {
        #[derive(Clone, Default, Serialize, Deserialize)]
        pub struct Spent {
            pub total: i64,
            pub since: i64,
        }

        fn add(n: &i64, spent: &mut Spent) -> i64 {
            spent.total += n;
            spent.total
        }

        topology! {
            format = json;
            source orders: stream<String, i64> = "orders";
            sink out: stream<String, i64> = "out";
            store spent: kv<String, Spent>;

            orders.transform(spent, add).to(out);
        }
    }
}
