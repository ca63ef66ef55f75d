//! A topology without an item.

use streams::prelude::*;

#[topology]
mod orders {
    topology! {}
}

fn main() {}
