//! `emit = on_commit`, for the topology or a store, and `window(…, emit(on_commit))`: of the updates of
//! each key only the last is given on, at the next commit, before what the commit makes durable is
//! collected (Kafka Streams' record cache, without its limit: memory brings a commit). What a key had
//! before is what was given on before; a key that comes and goes between two commits gives nothing. An
//! update has the headers of the record that made it; keys come in the order of their last updates.
//!
//! Lookups see the latest rows, given on or not.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;

use super::Field;
use crate::emit::{Emitter, Operand, Vars, here, name};
use crate::model::{Graph, NodeId, StoreId, StoreKind};

/// The store of a node whose updates wait for the commit.
pub(crate) fn store(graph: &Graph, node: NodeId) -> Option<StoreId> {
    let kept = graph.node(node).operator.keeps()?;
    // A versioned store gives every update on: also one out of order is one.
    let waits = !matches!(graph.store(kept).kind, StoreKind::Versioned { .. });
    (waits && graph.store(kept).on_commit).then_some(kept)
}

fn unsent(graph: &Graph, store: StoreId) -> Ident {
    format_ident!("unsent_{}", graph.store(store).ident)
}

/// What waits, beside the store.
pub(crate) fn field(graph: &Graph, node: NodeId) -> Option<Field> {
    let store = store(graph, node)?;
    let kept = graph.store(store);
    let key = match by_window(graph, node) {
        true => graph.node(node).key.clone()?,
        false => kept.key.clone(),
    };
    let value = &kept.value;
    Some(Field {
        name: unsent(graph, store),
        ty: quote!(::streams::__private::Unsent<#key, #value>),
        init: quote!(<::streams::__private::Unsent<_, _> as ::core::default::Default>::default()),
        memory: true,
    })
}

/// True if the node's rows are windows', which their store may forget.
fn by_window(graph: &Graph, node: NodeId) -> bool {
    graph.node(node).operator.state().is_some_and(|state| state.window.is_some())
}

/// In front of the change of `slot`, where updates wait: what it takes to remember it.
pub(super) fn before(e: &Emitter<'_>, node: NodeId, vars: &Vars) -> Option<TokenStream> {
    store(e.graph(), node)?;
    let timestamp = &vars.timestamp;
    Some(quote_spanned! {here()=>
        let existed = slot.value.is_some();
        let written_at = #timestamp;
    })
}

/// Behind the change of `slot`, in place of the consumers. `key` is a reference to the key.
pub(super) fn after(
    e: &mut Emitter<'_>,
    node: NodeId,
    vars: &Vars,
    nullable: bool,
    key: &TokenStream,
) -> Option<TokenStream> {
    let value = match by_window(e.graph(), node) {
        true => quote_spanned!(here()=> ::core::clone::Clone::clone(&slot.value)),
        false => quote_spanned!(here()=> ::core::option::Option::None),
    };
    let timestamp = &vars.timestamp;
    let at = quote_spanned! {here()=>
        if slot.value.is_some() { #timestamp } else { written_at }
    };
    let existed = quote_spanned!(here()=> existed);
    touch(e, node, vars, nullable, key, &existed, &value, &at)
}

/// Remembers an update, if the node's wait.
#[expect(clippy::too_many_arguments, reason = "the parts of an update")]
pub(super) fn touch(
    e: &mut Emitter<'_>,
    node: NodeId,
    vars: &Vars,
    nullable: bool,
    key: &TokenStream,
    existed: &TokenStream,
    value: &TokenStream,
    timestamp: &TokenStream,
) -> Option<TokenStream> {
    let store = store(e.graph(), node)?;
    if e.graph().node(node).consumers.is_empty() {
        return Some(TokenStream::new());
    }
    e.defer(node, nullable);
    let unsent = unsent(e.graph(), store);
    let old = match &vars.old {
        Some(old) => {
            let old = &old.ident;
            quote_spanned!(here()=> #old)
        }
        None => quote_spanned!(here()=> ::core::option::Option::None),
    };
    Some(quote_spanned! {here()=>
        self.#unsent.touch(#key, #existed, #old, #value, #timestamp, source, record);
    })
}

/// The method that gives on what waits.
pub(crate) fn forward(e: &mut Emitter<'_>, node: NodeId, nullable: bool) -> Option<TokenStream> {
    let store = store(e.graph(), node)?;
    let (method, unsent, field) =
        (e.forward_method(node), unsent(e.graph(), store), e.store_field(store));
    let own = |n: &str| Operand { ident: name(n), by_ref: false };
    let vars = Vars { key: own("key"), value: own("value"), ..Vars::new() };
    let vars = vars.with_old(e.needs_old(node));
    let (key, value, timestamp) = (&vars.key.ident, &vars.value.ident, &vars.timestamp);
    let old = vars.old.as_ref().map(|old| {
        let old = &old.ident;
        quote_spanned!(here()=> let #old = update.old;)
    });
    let ty = &e.graph().store(store).value;
    let windows = by_window(e.graph(), node);
    let each = e.at(node, |e| {
        let found = match windows {
            true => quote_spanned!(here()=> (update.value, update.timestamp)),
            false => {
                let found = e.or_reject(quote_spanned!(here()=> self.#field.get(&#key)));
                quote_spanned! {here()=>
                    match #found {
                        ::core::option::Option::Some((value, at)) => {
                            (::core::option::Option::Some(::core::clone::Clone::clone(value)), at)
                        }
                        ::core::option::Option::None => {
                            (::core::option::Option::None, update.timestamp)
                        }
                    }
                }
            }
        };
        let label = e.label();
        let present = match nullable {
            true => quote_spanned! {here()=>
                if ::core::option::Option::is_none(&#value) && !update.existed {
                    break #label;
                }
            },
            false => quote_spanned! {here()=>
                let ::core::option::Option::Some(#value) = #value else { break #label };
            },
        };
        let consumers = e.consumers(node, &vars);
        quote_spanned! {here()=>
            let #key = update.key;
            let #timestamp = update.timestamp;
            let (#value, #timestamp): (::core::option::Option<#ty>, i64) = #found;
            #present
            #old
            #consumers
        }
    });
    Some(quote_spanned! {here()=>
        fn #method(&mut self, cx: &mut ::streams::context::TaskContext) -> ::streams::Result<()> {
            for update in self.#unsent.take() {
                let source = update.source;
                let record = &::streams::RecordRef {
                    offset: update.offset,
                    timestamp: update.timestamp,
                    key: ::core::option::Option::None,
                    value: ::core::option::Option::None,
                    headers: update.headers.as_headers(),
                };
                #each
            }
            ::core::result::Result::Ok(())
        }
    })
}
