//! The macro must see the module's text.

use streams::prelude::*;

#[topology]
mod orders;

fn main() {}
