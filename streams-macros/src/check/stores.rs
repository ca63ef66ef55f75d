//! Stores: one operator has a store, of the kind and for the types that it keeps. Keys and values whose
//! types the macro cannot see are compared by rustc, at the store's name.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Ident, Type};

use crate::diagnostic::{Diagnostics, suggestion};
use crate::model::{StoreKind, borrowed_to_owned, is_borrowed, option_of, same, text};
use crate::parse::Call;

/// The kinds that can be declared.
pub(crate) fn unknown_kind(errors: &mut Diagnostics, kind: &Ident, known: &[&str]) {
    let hint = suggestion(&kind.to_string(), known.iter().copied());
    let written: Vec<String> = known.iter().map(|k| format!("`{k}<K, V>`")).collect();
    let message = format!("a store is declared as {}, not `{kind}`{hint}", written.join(", "));
    errors.error(kind.span(), message);
}

/// What keeps rows owns them; gives the type to go on with.
pub(crate) fn owned(errors: &mut Diagnostics, what: &str, ty: &Type) -> Type {
    if is_borrowed(ty) {
        let inner = option_of(ty).unwrap_or(ty);
        let message = format!(
            "{what} keeps its rows, and `{}` borrows from a record: write `{}`",
            text(inner),
            text(&borrowed_to_owned(inner))
        );
        errors.error(inner.span(), message);
    }
    borrowed_to_owned(ty)
}

/// A store has one operator.
pub(crate) fn two_operators(errors: &mut Diagnostics, name: &Ident, first: Span) {
    let message = format!("store `{name}` has two operators: give each a store of its own");
    errors.error_with(name.span(), message, first, "first used here");
}

/// A windowed operator keeps its windows in a store of its own.
pub(crate) fn declared_for_windows(
    errors: &mut Diagnostics,
    (name, kind): (&Ident, StoreKind),
    operator: &Ident,
    (word, needed_ms): (&str, i64),
) {
    let what = kind.what();
    let message = format!(
        "store `{name}` is {what}, and this `{operator}` keeps {word}s: declare it as \
         `{word}<K, V>, retention = {needed_ms}ms`, or name a store that is not declared, and the \
         operator declares it"
    );
    errors.error(name.span(), message);
}

/// A store of windows keeps them as long as they take records.
pub(crate) fn shorter_than_windows(
    errors: &mut Diagnostics,
    name: &Ident,
    kept_ms: i64,
    needed_ms: i64,
) {
    let message = format!(
        "store `{name}` keeps its rows for {kept_ms} ms, and these windows take records for \
         {needed_ms} ms: declare it with `retention = {needed_ms}ms` or more"
    );
    errors.error(name.span(), message);
}

/// What is kept for a time says how long.
pub(crate) fn without_retention(errors: &mut Diagnostics, kind: &Ident) {
    let message = format!(
        "a {kind} store keeps its rows for a time: say how far back in event time lookups go \
         (`retention = 1h`)"
    );
    errors.error(kind.span(), message);
}

/// What may keep a table from being what its topic says.
pub(crate) struct SourceChangelog {
    /// A function takes the time from the record.
    pub(crate) timed: Option<Span>,
    /// The table has a history.
    pub(crate) versioned: bool,
    /// It begins with what comes after its start.
    pub(crate) latest: bool,
    /// No record is left out.
    pub(crate) keeps_all: bool,
}

/// A table comes back from its topic only as it was if each record of the topic is a row as it is.
pub(crate) fn source_changelog(
    errors: &mut Diagnostics,
    name: &Ident,
    at: Span,
    table: &SourceChangelog,
) {
    let refused = |why: &str| {
        format!(
            "table `{name}` cannot have its topic for a changelog: {why}; leave out `changelog = \
             source`, and it has a changelog of its own"
        )
    };
    if let Some(timed) = table.timed {
        let message = refused("its rows would come back with the records' own times");
        errors.error_with(at, message, timed, "the times are taken here");
    }
    if table.versioned {
        errors.error(at, refused("a compacted topic forgets the history that `versioned` keeps"));
    }
    if table.latest {
        errors.error(at, refused("with `reset = latest`, rows would come back that it never had"));
    }
    if !table.keeps_all {
        errors.error(at, refused("records that are left out as errors would come back"));
    }
}

/// An operator that keeps the latest value has a key-value store. False after an error.
pub(crate) fn latest_only(
    errors: &mut Diagnostics,
    name: &Ident,
    kind: StoreKind,
    operator: &Ident,
) -> bool {
    if kind == StoreKind::KeyValue {
        return true;
    }
    let advice = match kind {
        StoreKind::Versioned { .. } => {
            format!(", or keep the history behind it: `.to_table({name})`")
        }
        _ => String::new(),
    };
    let message = format!(
        "store `{name}` is {}, and `{operator}` keeps the latest value of a key: declare it as \
         `kv<K, V>`{advice}",
        kind.what()
    );
    errors.error(name.span(), message);
    false
}

/// A table is kept in a store of its latest values, or of its history. False after an error.
pub(crate) fn of_a_table(
    errors: &mut Diagnostics,
    name: &Ident,
    kind: StoreKind,
    operator: &Ident,
) -> bool {
    if matches!(kind, StoreKind::KeyValue | StoreKind::Versioned { .. }) {
        return true;
    }
    let message = format!(
        "store `{name}` is {}, and `{operator}` keeps a table: declare it as `kv<K, V>` or \
         `versioned<K, V>`",
        kind.what()
    );
    errors.error(name.span(), message);
    false
}

/// Of a key's updates the last is kept, which need not be the latest of a table that knows its past.
pub(crate) fn suppress_of_history(errors: &mut Diagnostics, call: &Call, made: Span) {
    let message = "`suppress` gives on of a key's updates the one that comes last, and this table is versioned: it \
                   gives on updates of before its latest, too, and the last to come may be one of them; declare it \
                   without `versioned`, or, where what comes last may count, put `.to_stream().to_table(x)` before \
                   `suppress`";
    errors.error_with(call.span(), message, made, "the versioned table is made here");
}

/// The groups of a cogroup come together in one place, which takes every update for the latest.
pub(crate) fn cogroup_that_deletes(errors: &mut Diagnostics, name: &Ident) {
    let message = format!(
        "store `{name}` keeps the history of a state that can be deleted, and a deleted key can come back \
         with an older time, which `cogroup` does not tell from the latest: declare it as \
         `versioned<K, S>` without `Option`, or as `kv<K, Option<S>>`"
    );
    errors.error(name.span(), message);
}

/// Records wait for a table that knows its past.
pub(crate) fn grace_without_history(errors: &mut Diagnostics, at: Span, table: &Ident, made: Span) {
    let message = format!(
        "records wait for `grace` so that they meet `{table}` as it was at their time, and it keeps only \
         what is now: declare it with `versioned = 1h`, or leave `grace` out"
    );
    errors.error_with(at, message, made, "the table is made here");
}

/// As far back as records wait, the table remembers.
pub(crate) fn grace_beyond_history(
    errors: &mut Diagnostics,
    at: Span,
    (grace_ms, history_ms): (i64, i64),
    table: &Ident,
) {
    let message = format!(
        "records wait for {grace_ms} ms, and `{table}` remembers {history_ms} ms: by then it has forgotten \
         their time; make the history at least as long as the grace"
    );
    errors.error(at, message);
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
