//! Join keys: what is joined by key has one type of key, and keys of one kind.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Ident, Type};

use crate::diagnostic::Diagnostics;
use crate::model::{option_of, reference_of, same, text};
use crate::parse::Call;

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

/// What names a row of another table is of the type of that table's keys, or an `Option` of it, as far
/// as their types are written. False after an error.
pub(crate) fn names_row(
    errors: &mut Diagnostics,
    at: Span,
    (given, key): (Option<Type>, Option<&Type>),
    table: &Ident,
) -> bool {
    let (Some(given), Some(key)) = (given, key) else { return true };
    let inner = plain(&given);
    let inner = reference_of(inner).filter(|inner| same(inner, key)).unwrap_or(inner);
    if same(inner, key) || borrows(inner, key) {
        return true;
    }
    let message = format!(
        "rows of `{table}` are named by keys of type `{}`, and this function gives `{}`",
        text(key),
        text(plain(&given))
    );
    errors.error_with(at, message, key.span(), format!("the keys of `{table}`"));
    false
}

/// A join by a foreign key starts from the left rows.
pub(crate) fn outer_by_foreign_key(errors: &mut Diagnostics, call: &Call) {
    let message = "a join by a foreign key has no `outer_join`: `left_join` keeps the left rows without a \
                   right one";
    errors.error(call.span(), message);
}

/// Only a stream's records make results of its join with a table.
pub(crate) fn outer_with_table(errors: &mut Diagnostics, call: &Call, table: &Ident) {
    let message = format!(
        "a stream and a table have no `outer_join`, since only the stream's records make results: \
         `left_join({table}, …)` keeps those without a row"
    );
    errors.error(call.span(), message);
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
