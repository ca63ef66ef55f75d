//! Branches: every record goes somewhere, and every arm leads somewhere. That no case is missing, and
//! none is taken by an arm before, rustc says: a branch is a `match` that denies unreachable patterns.

use proc_macro2::Span;
use syn::Ident;

use crate::diagnostic::Diagnostics;

/// A branch has arms.
pub(crate) fn no_arm(errors: &mut Diagnostics, word: &Ident) {
    errors.error(word.span(), "`branch` has no arm: `branch { pattern => sink, … }`");
}

/// An arm ends in a sink, a store or a function.
pub(crate) fn arm_without_end(errors: &mut Diagnostics, span: Span, what: &str) {
    let message = format!("the arm ends in {what} that nobody takes: end it in `.to(sink)`");
    errors.error(span, message);
}
