//! json needs `Serialize` and `Deserialize` to keep a state.

use streams::prelude::*;

#[topology]
mod t {
    #[derive(Clone, Default)]
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
