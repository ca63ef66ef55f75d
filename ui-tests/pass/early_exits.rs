//! `?` gives a record to `on_error`, and `return` leaves only the closure.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source texts: stream<String, String> = "texts";
        sink out: stream<String, i64> = "out";

        texts
            .filter(|text| {
                if text.is_empty() {
                    return false;
                }
                let n: i64 = text.parse()?;
                n > 0
            })
            .map_values(|text| -> i64 {
                if text == "one" {
                    return 1;
                }
                text.parse()?
            })
            .to(out);
    }
}

fn main() {}
