//! A module without `topology! { … }`.

use streams::prelude::*;

#[topology]
mod orders {
    pub struct Order {
        pub id: u64,
    }
}

fn main() {}
