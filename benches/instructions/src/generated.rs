//! The chain as `#[topology]` writes it.

use streams::prelude::*;

#[topology]
pub(crate) mod chain {
    topology! {
        source numbers: stream<&str, i64> = "numbers";
        sink out: stream<&str, i64> = "out";

        numbers
            .filter(|n| *n > 0)
            .map_values(|n| n * 3 + 1)
            .filter(|key, n| key.len() > 3 && n % 2 == 0)
            .to(out);
    }
}
