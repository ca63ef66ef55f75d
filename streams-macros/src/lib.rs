//! The `#[topology]` attribute of `streams`.
//!
//! A pipeline of passes, each with a folder: `parse` reads the module and the language inside
//! `topology! { … }`; `model` resolves names and builds the graph of operators, asking `ops` (one
//! file an operator) for each; `check` looks at the whole graph; `rewrite` turns closures into
//! blocks; `emit` writes the Rust. Errors are collected over all passes and shown together.
//!
//! *Invariants:* no I/O; only ordered collections, so that output and order of errors are the same
//! each time; what was understood is always emitted, so that an error hides no other.

mod check;
mod diagnostic;
mod emit;
mod model;
mod ops;
mod parse;
mod rewrite;

use proc_macro::TokenStream;

/// Makes the topology in a module: see the book, "The language".
///
/// The module must be written in place (`mod name { … }`) and hold one `topology! { … }`; it gains
/// `app()`, `test_driver()` and what they need.
#[proc_macro_attribute]
pub fn topology(arguments: TokenStream, item: TokenStream) -> TokenStream {
    emit::expand(arguments.into(), item.into()).into()
}
