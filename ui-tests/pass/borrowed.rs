//! Keys and values borrow from the record.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source lines: stream<&str, &[u8]> = "lines";
        sink out: stream<&str, &[u8]> = "out";
        sink texts: stream<&str, &str> = "texts";

        lines.filter(|k, v| !k.is_empty() && v.len() > 1).map_values(|v| &v[1..]).to(out);
        lines.map_values(|v| std::str::from_utf8(v)?).to(texts);
    }
}

fn main() {}
