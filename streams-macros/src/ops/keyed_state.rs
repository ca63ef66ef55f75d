//! What the operators with a store share: finding the place of the key, and going on with what was
//! put there.

use proc_macro2::TokenStream;
use quote::{format_ident, quote_spanned};
use syn::{Ident, Type};

use super::on_commit;
use crate::emit::{Emitter, Operand, Vars, here, name};
use crate::model::{Graph, NodeId, Semantics, StoreId, StoreKind, is_borrowed, reference_of};
use crate::rewrite::Function;

/// The type of the keys before `node`.
pub(super) fn key_before(graph: &Graph, node: NodeId) -> Option<&Type> {
    match graph.node(node).inputs.first() {
        Some(input) => graph.node(*input).key.as_ref(),
        None => graph.node(node).key.as_ref(),
    }
}

/// The type of the values before `node`.
pub(super) fn value_before(graph: &Graph, node: NodeId) -> Option<&Type> {
    graph.node(node).inputs.first().and_then(|input| graph.node(*input).value.as_ref())
}

/// True if the keys before `node` are borrowed, or are `Option`s of such.
pub(super) fn has_borrowed_key(graph: &Graph, node: NodeId) -> bool {
    key_before(graph, node).is_some_and(is_borrowed)
}

/// What owns the key or value of this type behind `reference`.
fn owner(ty: Option<&Type>, reference: &TokenStream) -> TokenStream {
    let to_owned = quote_spanned!(here()=> ::streams::__private::to_owned);
    match ty {
        Some(ty) if reference_of(ty).is_some() => quote_spanned!(here()=> #to_owned(*#reference)),
        Some(ty) if is_borrowed(ty) => {
            quote_spanned!(here()=> ::core::option::Option::map(*#reference, #to_owned))
        }
        _ => quote_spanned!(here()=> #to_owned(#reference)),
    }
}

/// What binds the owner of a borrowed key or value under its name, and the operand then; nothing if it is owned.
fn bind(ty: Option<&Type>, operand: &Operand) -> Option<(TokenStream, Operand)> {
    let owner = owner(Some(ty.filter(|ty| is_borrowed(ty))?), &operand.reference());
    let ident = operand.ident.clone();
    Some((quote_spanned!(here()=> let #ident = &#owner;), Operand { ident, by_ref: true }))
}

/// For an operator that keeps keys, or gives them on beside others that are owned: what binds the owned key,
/// if it is borrowed, and the variables with it.
pub(super) fn owned_key(e: &Emitter<'_>, node: NodeId, vars: &Vars) -> (Option<TokenStream>, Vars) {
    match bind(key_before(e.graph(), node), &vars.key) {
        Some((own, key)) => (Some(own), Vars { key, ..vars.clone() }),
        None => (None, vars.clone()),
    }
}

/// The same for key and value.
pub(super) fn owned_record(e: &Emitter<'_>, node: NodeId, vars: &Vars) -> (TokenStream, Vars) {
    let (own_key, vars) = owned_key(e, node, vars);
    match bind(value_before(e.graph(), node), &vars.value) {
        Some((own, value)) => (quote_spanned!(here()=> #own_key #own), Vars { value, ..vars }),
        None => (quote_spanned!(here()=> #own_key), vars),
    }
}

/// A value of its own for what keeps that of a record, which may be borrowed.
pub(super) fn owned_value(e: &Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
    owner(value_before(e.graph(), node), &vars.value.reference())
}

/// The argument that a store is looked up or changed with, for the key before `node`.
pub(super) fn key_argument(
    e: &Emitter<'_>,
    node: NodeId,
    vars: &Vars,
    store: StoreId,
) -> TokenStream {
    let reference = vars.key.reference();
    let graph = e.graph();
    let borrowed = key_before(graph, node).is_some_and(|k| reference_of(k).is_some());
    if borrowed && reference_of(&graph.store(store).key).is_none() {
        quote_spanned!(here()=> *#reference)
    } else {
        reference
    }
}

/// `let slot = …`: the place of the key in a key-value store. Of a versioned store, a copy of the latest
/// version, which [`value_onwards`] puts as a new one.
pub(super) fn slot(e: &Emitter<'_>, node: NodeId, vars: &Vars, store: StoreId) -> TokenStream {
    let key = key_argument(e, node, vars, store);
    let field = e.store_field(store);
    // One identifier at the store's name: rustc shows keys of another type there.
    let at = here().located_at(e.graph().store(store).user.unwrap_or_else(here));
    let store_key = Ident::new("store_key", at);
    let at = here().located_at(syn::spanned::Spanned::span(&e.graph().store(store).value));
    let versioned = is_versioned(e, store);
    let method = Ident::new(if versioned { "latest" } else { "slot" }, at);
    let found = e.or_reject(quote_spanned!(here()=> self.#field.#method(#store_key)));
    if versioned {
        return quote_spanned! {here()=>
            let store_key = #key;
            let mut next = #found;
            let slot = &mut next;
        };
    }
    quote_spanned!(here()=> let store_key = #key; let slot = #found;)
}

/// In front of a change of `slot`: `let old = …` where somebody behind the node needs what the key had
/// before, and what updates that wait for the commit need; and the variables with it.
pub(super) fn keep_old(e: &Emitter<'_>, node: NodeId, vars: &Vars) -> (TokenStream, Vars) {
    keep_old_or(e, node, vars, None)
}

/// As [`keep_old`]; Kafka Streams takes an aggregation's first value, an expression of type `Option<V>`,
/// for what the key had before its first record.
pub(super) fn keep_old_or(
    e: &Emitter<'_>,
    node: NodeId,
    vars: &Vars,
    first: Option<TokenStream>,
) -> (TokenStream, Vars) {
    let waits = on_commit::store(e.graph(), node).is_some();
    let kafka = e.graph().settings.semantics == Semantics::KafkaStreams;
    let before = on_commit::before(e, node, vars);
    let vars = vars.with_old(e.needs_old(node));
    let keep = vars.old.as_ref().map(|old| {
        let old = &old.ident;
        match first.filter(|_| kafka && !waits) {
            Some(first) => quote_spanned! {here()=>
                let #old = match &slot.value {
                    ::core::option::Option::Some(value) => {
                        ::core::option::Option::Some(::core::clone::Clone::clone(value))
                    }
                    ::core::option::Option::None => #first,
                };
            },
            None => quote_spanned!(here()=> let #old = ::core::clone::Clone::clone(&slot.value);),
        }
    });
    (quote_spanned!(here()=> #before #keep), vars)
}

/// Keeps a table's update, an `Option<V>`, in a store, and gives it on with what the key had there.
pub(super) fn keep_update(
    e: &mut Emitter<'_>,
    node: NodeId,
    vars: &Vars,
    store: StoreId,
) -> TokenStream {
    let slot = slot(e, node, vars, store);
    let (value, timestamp) = (vars.value.reference(), &vars.timestamp);
    let (old, onwards) = keep_old(e, node, vars);
    let key = key_argument(e, node, vars, store);
    let rest = on_commit::after(e, node, &onwards, true, &key);
    let rest = rest.unwrap_or_else(|| e.consumers(node, &onwards));
    quote_spanned! {here()=>
        #slot
        #old
        slot.value = ::core::clone::Clone::clone(#value);
        slot.timestamp = #timestamp;
        #rest
    }
}

/// Puts `value` into a versioned store as the key's from the record's time on, and goes on with it: an
/// expression of type `V`, or `Option<V>` where a key can lose its value. What is older than the store's
/// history goes no further, and is counted.
pub(super) fn keep_version(
    e: &mut Emitter<'_>,
    node: NodeId,
    vars: &Vars,
    store: StoreId,
    value: &TokenStream,
    nullable: bool,
) -> TokenStream {
    let key = key_argument(e, node, vars, store);
    let (field, timestamp) = (e.store_field(store), &vars.timestamp);
    let ident = &vars.value.ident;
    let onwards = vars.with_value(false).with_old(e.needs_old(node));
    let onwards = Vars { latest: Some(name("latest")), ..onwards };
    let old = onwards.old.as_ref().map(|old| {
        let old = &old.ident;
        let found = e.or_reject(quote_spanned!(here()=> self.#field.get(store_key)));
        quote_spanned! {here()=>
            let #old = #found.map(|(before, _)| ::core::clone::Clone::clone(before));
        }
    });
    let kept = quote_spanned!(here()=> ::core::clone::Clone::clone(&#ident));
    let kept = match nullable {
        true => kept,
        false => quote_spanned!(here()=> ::core::option::Option::Some(#kept)),
    };
    let placed = place(e, store, &kept, timestamp);
    let rest = e.consumers(node, &onwards);
    quote_spanned! {here()=>
        let #ident = #value;
        let store_key = #key;
        #old
        #placed
        #rest
    }
}

/// `let latest = …`: puts a version, an expression of type `Option<V>`. What is older than the store's
/// history goes no further, and is counted.
fn place(e: &Emitter<'_>, store: StoreId, version: &TokenStream, timestamp: &Ident) -> TokenStream {
    let (field, label, latest) = (e.store_field(store), e.label(), name("latest"));
    let placed = e.or_reject(quote_spanned! {here()=>
        self.#field.put(store_key, #version, #timestamp)
    });
    quote_spanned! {here()=>
        let #latest: bool = match #placed {
            ::streams::store::Placed::Latest => true,
            ::streams::store::Placed::Past => false,
            ::streams::store::Placed::Expired => {
                cx.counters.dropped_late += 1;
                break #label;
            }
        };
    }
}

/// What an aggregation has made of the latest version, in `slot`, becomes the next one.
fn next_version(
    e: &mut Emitter<'_>,
    node: NodeId,
    vars: &Vars,
    store: StoreId,
    nullable: bool,
) -> TokenStream {
    let (value, label) = (&vars.value.ident, e.label());
    let version = quote_spanned!(here()=> ::core::clone::Clone::clone(&slot.value));
    let placed = place(e, store, &version, &vars.timestamp);
    let onwards = Vars { latest: Some(name("latest")), ..vars.with_value(false) };
    let rest = e.consumers(node, &onwards);
    let present = (!nullable).then(|| {
        quote_spanned! {here()=>
            let ::core::option::Option::Some(#value) = #value else { break #label };
        }
    });
    quote_spanned! {here()=>
        #placed
        let #value = next.value;
        #present
        #rest
    }
}

/// An update of before the latest changes nothing that is of now (KIP-914).
pub(super) fn only_latest(e: &Emitter<'_>, vars: &Vars) -> Option<TokenStream> {
    let (latest, label) = (vars.latest.as_ref()?, e.label());
    Some(quote_spanned!(here()=> if !#latest { break #label; }))
}

/// As [`only_latest`], where Kafka Streams counts what it leaves out: in joins of tables.
pub(super) fn only_latest_counted(e: &Emitter<'_>, vars: &Vars) -> Option<TokenStream> {
    let (latest, label) = (vars.latest.as_ref()?, e.label());
    Some(quote_spanned! {here()=>
        if !#latest {
            cx.counters.dropped_late += 1;
            break #label;
        }
    })
}

/// True for a store of values over time.
pub(super) fn is_versioned(e: &Emitter<'_>, store: StoreId) -> bool {
    matches!(e.graph().store(store).kind, StoreKind::Versioned { .. })
}

/// `Option<&V>` of a table's value.
pub(super) fn as_option(vars: &Vars, nullable: bool) -> TokenStream {
    let value = vars.value.reference();
    if nullable {
        quote_spanned!(here()=> ::core::option::Option::as_ref(#value))
    } else {
        quote_spanned!(here()=> ::core::option::Option::Some(#value))
    }
}

/// What a function makes of a row, an expression of type `Option<&V>`: an `Option` of its result. A
/// function that gives an `Option` itself (`optional`) can take the row away.
pub(super) fn map_row(
    e: &Emitter<'_>,
    node: NodeId,
    vars: &Vars,
    function: &Function,
    optional: bool,
    row: TokenStream,
) -> TokenStream {
    let call = e.call(function, node, vars, vec![quote_spanned!(here()=> row)]);
    let some =
        if optional { call } else { quote_spanned!(here()=> ::core::option::Option::Some(#call)) };
    quote_spanned! {here()=>
        match #row {
            ::core::option::Option::Some(row) => #some,
            ::core::option::Option::None => ::core::option::Option::None,
        }
    }
}

/// The field with the largest timestamp that a windowed operator has seen; `clock` is its number.
pub(crate) fn observed_field(store: &Ident, clock: usize) -> Ident {
    match clock {
        0 => format_ident!("observed_{}", store),
        n => format_ident!("observed_{}_{}", store, n),
    }
}

/// The result's timestamp: the largest of the records in it.
pub(super) fn advance_timestamp(vars: &Vars) -> TokenStream {
    let timestamp = &vars.timestamp;
    quote_spanned! {here()=>
        slot.timestamp = match slot.value {
            ::core::option::Option::Some(_) => ::core::cmp::Ord::max(slot.timestamp, #timestamp),
            ::core::option::Option::None => #timestamp,
        };
        let #timestamp = slot.timestamp;
    }
}

/// The consumers of what is in `slot`: of `&V`, or of `&Option<V>` where a key can lose its value.
pub(super) fn value_onwards(
    e: &mut Emitter<'_>,
    node: NodeId,
    vars: &Vars,
    nullable: bool,
) -> TokenStream {
    let kept = e.graph().node(node).operator.keeps();
    if let Some(store) = kept.filter(|store| is_versioned(e, *store)) {
        return next_version(e, node, vars, store, nullable);
    }
    let consumers = &e.graph().node(node).consumers;
    let on_close = e.graph().node(node).operator.state().is_some_and(|s| s.clock.is_some());
    if consumers.is_empty() || on_close {
        return TokenStream::new();
    }
    if let Some(store) = on_commit::store(e.graph(), node) {
        // The key of a windowed result is its own; another is the record's.
        let windowed = e.graph().node(node).operator.state().is_some_and(|s| s.window.is_some());
        let key = match windowed {
            true => vars.key.reference(),
            false => key_argument(e, node, vars, store),
        };
        return on_commit::after(e, node, vars, nullable, &key).unwrap_or_default();
    }
    let value = &vars.value.ident;
    let label = e.label();
    let bind = if nullable {
        quote_spanned!(here()=> let #value = &slot.value;)
    } else {
        quote_spanned! {here()=>
            let ::core::option::Option::Some(#value) = slot.value.as_ref() else { break #label };
        }
    };
    // A method takes the whole task: what it is given must not be borrowed from a store.
    if e.reaches_method(node) {
        let owned = Vars { value: Operand { ident: value.clone(), by_ref: false }, ..vars.clone() };
        let rest = e.consumers(node, &owned);
        return quote_spanned! {here()=>
            #bind
            let #value = ::core::clone::Clone::clone(#value);
            #rest
        };
    }
    let rest = e.consumers(node, &vars.with_value(true));
    quote_spanned!(here()=> #bind #rest)
}
