//! `transform` starts with the state's default, and there is none.

use streams::prelude::*;

#[topology]
mod t {
    #[derive(Clone, Serialize, Deserialize)]
    pub struct Last {
        pub n: i64,
    }

    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";
        store last: kv<String, Last>, format = json;

        orders.transform(last, |n, last| { last.n = *n; *n }).to(out);
    }
}

fn main() {}
