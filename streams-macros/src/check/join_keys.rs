//! Join keys: what is joined by key has one type of key, and keys of one kind.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Ident, Type};

use crate::diagnostic::Diagnostics;
use crate::model::{option_of, reference_of, same, text};

/// The keys of both sides are of one type, as far as their types are written. False after an error.
pub(crate) fn one_type(
    errors: &mut Diagnostics,
    at: Span,
    (left, right): (Option<&Type>, Option<&Type>),
    (what, name): (&str, &Ident),
) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return true };
    let (left, right) = (plain(left), plain(right));
    if same(left, right) || borrows(left, right) || borrows(right, left) {
        return true;
    }
    let message = format!(
        "the keys here are `{}`, those of {what} `{name}` are `{}`: join by one type of key",
        text(left),
        text(right)
    );
    errors.error_with(at, message, right.span(), format!("the keys of `{name}`"));
    false
}

/// A table that is keyed by windows is joined by nobody who has no windows.
pub(crate) fn windowed(errors: &mut Diagnostics, name: &Ident) {
    let message = format!(
        "`{name}` is keyed by windows: a stream joins a table with a key of its own. Give the windows' \
         results a key without one (`.to_stream().select_key(|k, _| -> String {{ k.key.clone() }})`)"
    );
    errors.error(name.span(), message);
}

/// Without the `Option` of null keys, which never match.
fn plain(ty: &Type) -> &Type {
    option_of(ty).unwrap_or(ty)
}

/// True for `&str` and `String`, `&[u8]` and `Vec<u8>`.
fn borrows(borrowed: &Type, owned: &Type) -> bool {
    reference_of(borrowed).is_some_and(|b| {
        let owned = text(owned);
        let owned = owned.rsplit("::").next().unwrap_or(&owned);
        matches!((text(b).as_str(), owned), ("str", "String") | ("[u8]", "Vec<u8>"))
    })
}
