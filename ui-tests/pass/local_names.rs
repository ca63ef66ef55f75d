//! Closures of the user's see neither the names of generated locals, nor do theirs change generated
//! code: `key`, `value`, `record`, `cx` and `out` are free.

use streams::prelude::*;

#[topology]
mod t {
    fn record() -> i64 {
        1
    }

    fn timestamp() -> i64 {
        2
    }

    fn cx() -> i64 {
        3
    }

    topology! {
        source value: stream<String, i64> = "value";
        sink key: stream<String, i64> = "key";

        value
            .filter(|source| *source > timestamp())
            .map_values(|key, value| key.len() as i64 + value + record())
            .map(|out, slot| (out.clone(), slot + cx()))
            .to(key);
    }
}

fn main() {
    let _ = t::test_driver();
}
