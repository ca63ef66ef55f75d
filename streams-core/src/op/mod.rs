//! What generated code calls: the parts of operators that do not depend on the user's closures.
//!
//! Not part of the public interface: only code written by `#[topology]` of the same version may
//! use it.

mod boundary;

pub use boundary::{decode_key, decode_nullable, decode_value, encode, encode_nullable};
