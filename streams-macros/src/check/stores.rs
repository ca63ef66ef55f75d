//! Stores: one operator has a store, of the kind and for the types that it keeps. Keys and values whose
//! types the macro cannot see are compared by rustc, at the store's name.

use proc_macro2::Span;
use syn::{Ident, Type};

use crate::diagnostic::{Diagnostics, suggestion};
use crate::model::{same, text};

/// The kinds that can be declared.
pub(crate) fn unknown_kind(errors: &mut Diagnostics, kind: &Ident, known: &[&str]) {
    let hint = suggestion(&kind.to_string(), known.iter().copied());
    let written: Vec<String> = known.iter().map(|k| format!("`{k}<K, V>`")).collect();
    let message = format!("a store is declared as {}, not `{kind}`{hint}", written.join(", "));
    errors.error(kind.span(), message);
}

/// A store has one operator.
pub(crate) fn two_operators(errors: &mut Diagnostics, name: &Ident, first: Span) {
    let message = format!("store `{name}` has two operators: give each a store of its own");
    errors.error_with(name.span(), message, first, "first used here");
}

/// A windowed operator keeps windows.
pub(crate) fn key_value_for_windows(errors: &mut Diagnostics, name: &Ident, operator: &Ident) {
    let message = format!(
        "store `{name}` is a key-value store, and a windowed `{operator}` keeps windows: name a store \
         that is not declared, and the operator declares it"
    );
    errors.error(name.span(), message);
}

/// `count` keeps `i64`. False after an error.
pub(crate) fn counts(errors: &mut Diagnostics, name: &Ident, kept: &Type) -> bool {
    let written = text(kept);
    if same(kept, &syn::parse_quote!(i64)) || !NUMBERS.contains(&written.as_str()) {
        return true;
    }
    let message = format!(
        "`count` keeps `i64`, and store `{name}` is declared for `{written}`: declare it as `kv<K, i64>`"
    );
    errors.error(name.span(), message);
    false
}

const NUMBERS: [&str; 13] =
    ["i8", "i16", "i32", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize", "f32", "f64"];
