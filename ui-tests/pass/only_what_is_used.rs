//! A type that is only read needs no `Serialize`, and one that is only written no `Deserialize`.

use streams::prelude::*;

#[topology]
mod t {
    #[derive(Deserialize)]
    pub struct Read {
        pub n: i64,
    }

    #[derive(Serialize)]
    pub struct Written {
        pub n: i64,
    }

    topology! {
        format = json;
        source orders: stream<String, Read> = "orders";
        sink out: stream<String, Written> = "out";

        orders.map_values(|r| Written { n: r.n }).to(out);
    }
}

fn main() {
    let _driver = t::test_driver();
}
