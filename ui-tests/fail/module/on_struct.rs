//! The attribute is on a struct.

use streams::prelude::*;

#[topology]
struct Orders {
    id: u64,
}

fn main() {}
