//! The macro as a library, from its own sources. Outside of a compiler `proc_macro2` keeps tokens itself, and
//! here with their places.
#![allow(unreachable_pub, dead_code, missing_docs, reason = "they are the macro's modules")]

#[path = "../../../streams-macros/src/check/mod.rs"]
mod check;
#[path = "../../../streams-macros/src/diagnostic.rs"]
mod diagnostic;
#[path = "../../../streams-macros/src/emit/mod.rs"]
mod emit;
#[path = "../../../streams-macros/src/model/mod.rs"]
mod model;
#[path = "../../../streams-macros/src/ops/mod.rs"]
mod ops;
#[path = "../../../streams-macros/src/parse/mod.rs"]
mod parse;
#[path = "../../../streams-macros/src/rewrite/mod.rs"]
mod rewrite;

#[cfg(test)]
mod places;
