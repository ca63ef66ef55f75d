//! The attribute is on a function.

use streams::prelude::*;

#[topology]
fn orders() {}

fn main() {}
