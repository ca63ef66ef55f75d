//! What the operators with a store share: finding the place of the key, and going on with what was
//! put there.

use proc_macro2::TokenStream;
use quote::{format_ident, quote_spanned};
use syn::{Ident, Type};

use crate::check;
use crate::emit::{Emitter, Operand, Vars, here, name};
use crate::model::{
    Builder, GroupedFlow, NodeId, StoreId, StoreKind, StreamFlow, TableFlow, WindowKind,
    WindowSpec, reference_of,
};
use crate::parse::{Arg, Call};
use crate::rewrite::Function;

/// The argument that a store is looked up or changed with, for the key before `node`.
pub(super) fn key_argument(
    e: &Emitter<'_>,
    node: NodeId,
    vars: &Vars,
    store: StoreId,
) -> TokenStream {
    let reference = vars.key.reference();
    let graph = e.graph();
    let key = match graph.node(node).inputs.first() {
        Some(input) => graph.node(*input).key.as_ref(),
        None => graph.node(node).key.as_ref(),
    };
    let borrowed = key.is_some_and(|k| reference_of(k).is_some());
    if borrowed && reference_of(&graph.store(store).key).is_none() {
        quote_spanned!(here()=> *#reference)
    } else {
        reference
    }
}

/// `let slot = …`: the place of the key in a key-value store.
pub(super) fn slot(e: &Emitter<'_>, node: NodeId, vars: &Vars, store: StoreId) -> TokenStream {
    let key = key_argument(e, node, vars, store);
    let field = e.store_field(store);
    // One identifier at the store's name: rustc shows keys of another type there.
    let at = here().located_at(e.graph().store(store).user.unwrap_or_else(here));
    let store_key = Ident::new("store_key", at);
    let at = here().located_at(syn::spanned::Spanned::span(&e.graph().store(store).value));
    let method = Ident::new("slot", at);
    let found = e.or_reject(quote_spanned!(here()=> self.#field.#method(#store_key)));
    quote_spanned!(here()=> let store_key = #key; let slot = #found;)
}

/// `let slot = …` for a store with or without windows, and what `body` makes of it; with hopping
/// windows, once for each. A record whose window has closed is dropped and counted. `body` gets the
/// code that makes the result's key, and the variables to go on with.
pub(super) fn with_slot(
    e: &mut Emitter<'_>,
    node: NodeId,
    vars: &Vars,
    store: StoreId,
    window: Option<WindowSpec>,
    body: impl FnOnce(&mut Emitter<'_>, TokenStream, &Vars) -> TokenStream,
) -> TokenStream {
    let Some(WindowSpec { kind, grace_ms, .. }) = window else {
        let slot = slot(e, node, vars, store);
        let body = body(e, TokenStream::new(), vars);
        return quote_spanned!(here()=> #slot #body);
    };
    let key = key_argument(e, node, vars, store);
    let field = e.store_field(store);
    let observed = observed_field(&field);
    let timestamp = &vars.timestamp;
    let windowed = name("key");
    let inner = vars.key.reference();
    let make_key = quote_spanned! {here()=>
        let #windowed = ::streams::window::Windowed {
            key: ::streams::__private::to_owned(#inner),
            window,
        };
    };
    let onwards = Vars { key: Operand { ident: windowed, by_ref: false }, ..vars.clone() };
    let each = |e: &mut Emitter<'_>| {
        let label = e.label();
        let found = e.or_reject(quote_spanned!(here()=> self.#field.slot(#key, window.start)));
        let body = body(e, make_key, &onwards);
        quote_spanned! {here()=>
            if windows.is_closed(window, self.#observed) {
                cx.counters.dropped_late += 1;
                break #label;
            }
            let slot = #found;
            #body
        }
    };
    let observe = quote_spanned! {here()=>
        self.#observed = ::core::cmp::Ord::max(self.#observed, #timestamp);
    };
    match kind {
        WindowKind::Tumbling { size_ms } => {
            let each = each(e);
            quote_spanned! {here()=>
                let windows = ::streams::window::Tumbling { size_ms: #size_ms, grace_ms: #grace_ms };
                let window = windows.window(#timestamp);
                #observe
                #each
            }
        }
        WindowKind::Hopping { size_ms, advance_ms } => {
            let each = e.block(each);
            quote_spanned! {here()=>
                let windows = ::streams::window::Hopping {
                    size_ms: #size_ms, advance_ms: #advance_ms, grace_ms: #grace_ms,
                };
                #observe
                for window in windows.windows(#timestamp) {
                    #each
                }
            }
        }
        WindowKind::Sliding { .. } | WindowKind::Session { .. } => {
            unreachable!("windows by span have code of their own")
        }
        WindowKind::Unlimited { start_ms } => {
            let label = e.label();
            let each = each(e);
            quote_spanned! {here()=>
                let windows = ::streams::window::Unlimited { start_ms: #start_ms };
                #observe
                let ::core::option::Option::Some(window) = windows.window(#timestamp) else {
                    break #label;
                };
                #each
            }
        }
    }
}

/// `let old = …` where somebody behind the node needs what the key had before; and the variables
/// with it.
pub(super) fn keep_old(e: &Emitter<'_>, node: NodeId, vars: &Vars) -> (TokenStream, Vars) {
    let needed = e.needs_old(node);
    let vars = vars.with_old(needed);
    let keep = vars.old.as_ref().map(|old| {
        let old = &old.ident;
        quote_spanned!(here()=> let #old = ::core::clone::Clone::clone(&slot.value);)
    });
    (keep.unwrap_or_default(), vars)
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
    let rest = e.consumers(node, &onwards);
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
    let (field, label, timestamp) = (e.store_field(store), e.label(), &vars.timestamp);
    let (ident, latest) = (&vars.value.ident, name("latest"));
    let onwards = vars.with_value(false).with_old(e.needs_old(node));
    let onwards = Vars { latest: Some(latest.clone()), ..onwards };
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
    let placed = e.or_reject(quote_spanned! {here()=>
        self.#field.put(store_key, #kept, #timestamp)
    });
    let rest = e.consumers(node, &onwards);
    quote_spanned! {here()=>
        let #ident = #value;
        let store_key = #key;
        #old
        let #latest: bool = match #placed {
            ::streams::store::Placed::Latest => true,
            ::streams::store::Placed::Past => false,
            ::streams::store::Placed::Expired => {
                cx.counters.dropped_late += 1;
                break #label;
            }
        };
        #rest
    }
}

/// An update of before the latest changes nothing that is of now (KIP-914).
pub(super) fn only_latest(e: &Emitter<'_>, vars: &Vars) -> Option<TokenStream> {
    let (latest, label) = (vars.latest.as_ref()?, e.label());
    Some(quote_spanned!(here()=> if !#latest { break #label; }))
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

/// The field with the largest timestamp that a windowed operator has seen.
pub(crate) fn observed_field(store: &Ident) -> Ident {
    format_ident!("observed_{}", store)
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
    if e.graph().node(node).consumers.is_empty() {
        return TokenStream::new();
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

/// The store that an aggregation names: a declared one, or one that it declares.
pub(super) struct StoreArgument {
    pub(super) name: Ident,
    pub(super) declared: Option<Type>,
}

/// Resolves the store of an aggregation over a group: the records are partitioned by the key, and
/// the result is a table in that store.
pub(super) fn aggregation_store(
    builder: &mut Builder<'_>,
    grouped: GroupedFlow,
    call: &Call,
    argument: &StoreArgument,
    value: Option<Type>,
    drop_nulls_in_windows: bool,
) -> Option<(StreamFlow, StoreId, Option<WindowSpec>)> {
    let GroupedFlow { stream, window } = grouped;
    let name = &argument.name;
    let existing = if argument.declared.is_none() { builder.store_named(name) } else { None };
    let hint = existing.map(|id| builder.graph.store(id).key.clone());
    let sliding = window.is_some_and(|w| matches!(w.kind, WindowKind::Sliding { .. }));
    let drop_values = window.is_none() || drop_nulls_in_windows || sliding;
    let topic = name.to_string();
    let stream = builder.partitioned(stream, &topic, hint.as_ref(), drop_values, name)?;
    if existing.is_some() {
        let id = builder.claim_store(name)?;
        let kind = builder.graph.store(id).kind;
        if !check::stores::latest_only(builder.errors, name, kind, &call.name) {
            return None;
        }
        if window.is_some() {
            check::stores::key_value_for_windows(builder.errors, name, &call.name);
            return None;
        }
        return Some((stream, id, window));
    }
    let Some(value) = argument.declared.clone().or(value) else {
        builder.errors.error(
            name.span(),
            format!("the type that store `{name}` keeps is not known: write `{name}: Type = …`"),
        );
        return None;
    };
    let Some(key) = stream.key.clone() else {
        let message = format!(
            "the type of the key is not written anywhere before `{}`: give the closure that makes it a \
             return type (`|_, v| -> String {{ … }}`), or declare `store {name}: kv<K, V>;`",
            call.name
        );
        builder.errors.error(call.span(), message);
        return None;
    };
    let kind = match window {
        None => StoreKind::KeyValue,
        Some(w) => {
            let retention_ms = w.retention_ms();
            match w.kind {
                WindowKind::Sliding { .. } => StoreKind::Sliding { retention_ms },
                WindowKind::Session { .. } => StoreKind::Session { retention_ms },
                _ => StoreKind::Window { retention_ms },
            }
        }
    };
    let key = crate::model::borrowed_to_owned(&key);
    let id = builder.declare_store_in_place(name, kind, key, value, name.span());
    Some((stream, id, window))
}

/// The table that an aggregation makes.
pub(super) fn table_of(
    builder: &Builder<'_>,
    node: NodeId,
    stream: &StreamFlow,
    store: StoreId,
    window: Option<WindowSpec>,
) -> TableFlow {
    let kept = builder.graph.store(store);
    let key = &kept.key;
    let key = match window.map(|w| w.kind) {
        Some(WindowKind::Session { .. }) => {
            Some(syn::parse_quote!(::streams::window::Session<#key>))
        }
        Some(_) => Some(syn::parse_quote!(::streams::window::Windowed<#key>)),
        None => stream.key.clone().map(|_| key.clone()),
    };
    // A session can be swallowed by another.
    let spans = window.is_some_and(|w| w.is_span());
    TableFlow {
        node,
        key,
        value: Some(kept.value.clone()),
        store: Some(store),
        nullable: kept.optional || spans,
        windowed: window.is_some(),
        versioned: false,
    }
}

/// `store` or `store: Type = init` as the first argument.
pub(super) fn store_argument(
    builder: &mut Builder<'_>,
    call: &Call,
    usage: &str,
) -> Option<(StoreArgument, Option<syn::Expr>)> {
    let Some(first) = call.args.first() else {
        builder.errors.error(call.span(), format!("`{}` is written `{usage}`", call.name));
        return None;
    };
    match first {
        Arg { name: Some(name), declared, value } => {
            let argument = StoreArgument { name: name.clone(), declared: declared.clone() };
            Some((argument, Some(value.clone())))
        }
        Arg { name: None, value, .. } => {
            let name = super::ident(builder, value, "a store")?;
            Some((StoreArgument { name, declared: None }, None))
        }
    }
}
