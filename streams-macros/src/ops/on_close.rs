//! The code of `window(…, emit(on_close))`: nothing is given on when a window changes; a record that
//! moves the clock on first gives on what has closed by it.
//!
//! Under `semantics = kafka_streams` the record is taken in first, as there: what its window makes the
//! store forget is lost then, also where it is what closes just now.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;

use super::Field;
use super::aggregation::State;
use crate::emit::{Emitter, Operand, Vars, here, name};
use crate::model::{Graph, NodeId, Semantics, StoreId, WindowKind, WindowSpec};

fn closing(graph: &Graph, store: StoreId) -> Ident {
    format_ident!("closing_{}", graph.store(store).ident)
}

/// The windows that are open, beside the store.
pub(super) fn field(graph: &Graph, state: &State) -> Option<Field> {
    state.clock?;
    Some(Field {
        name: closing(graph, state.store),
        ty: quote!(::streams::__private::Closing),
        init: quote!(<::streams::__private::Closing as ::core::default::Default>::default()),
        memory: true,
    })
}

/// What becomes of a record: `update` takes it into its windows, whose clock has been moved on.
pub(super) fn around(
    e: &mut Emitter<'_>,
    node: NodeId,
    vars: &Vars,
    state: &State,
    update: impl FnOnce(&mut Emitter<'_>) -> TokenStream,
) -> TokenStream {
    let timestamp = &vars.timestamp;
    let (Some(clock), Some(window)) = (state.clock, state.window) else {
        let observed = e.clock(node);
        let update = update(e);
        return quote_spanned! {here()=>
            self.#observed = ::core::cmp::Ord::max(self.#observed, #timestamp);
            #update
        };
    };
    let (field, clock) = (e.store_field(state.store), e.store_field(clock));
    let (closing, span_ms) = (closing(e.graph(), state.store), window.span_ms());
    let turned = e.or_reject(quote_spanned! {here()=>
        self.#closing.turn(&mut self.#field, &mut self.#clock, #timestamp, #span_ms)
    });
    let give = give(e, node, vars, &window);
    if e.graph().settings.semantics != Semantics::KafkaStreams {
        let update = update(e);
        return quote_spanned!(here()=> let closed = #turned; #give #update);
    }
    let update = e.block(update);
    let kept_ms = window.kept_ms();
    let shown = match window.kind {
        WindowKind::Session { .. } => quote_spanned! {here()=>
            self.#field.has_segment(closed.time, #kept_ms)
        },
        _ => {
            quote_spanned!(here()=> closed.time >= self.#field.observed().saturating_sub(#kept_ms))
        }
    };
    quote_spanned! {here()=>
        let mut closed = #turned;
        #update
        closed.retain(|closed| #shown);
        #give
    }
}

/// The consumers of what has closed.
fn give(e: &mut Emitter<'_>, node: NodeId, vars: &Vars, window: &WindowSpec) -> TokenStream {
    let make_key = match window.length_ms() {
        None => quote_spanned! {here()=>
            ::streams::window::Session { key: closed.key, start: closed.start, end: closed.time }
        },
        Some(length_ms) => quote_spanned! {here()=>
            ::streams::window::Windowed {
                key: closed.key,
                window: ::streams::window::Window {
                    start: closed.time,
                    end: closed.time.saturating_add(#length_ms),
                },
            }
        },
    };
    let own = |n: &str| Operand { ident: name(n), by_ref: false };
    let onwards = Vars { key: own("key"), value: own("value"), ..vars.clone() };
    let onwards = onwards.with_old(e.needs_old(node));
    let old = onwards.old.as_ref().map(|old| {
        let old = &old.ident;
        quote_spanned!(here()=> let #old = ::core::option::Option::None;)
    });
    let (key, value, timestamp) = (&onwards.key.ident, &onwards.value.ident, &onwards.timestamp);
    let each = e.block(|e| e.consumers(node, &onwards));
    quote_spanned! {here()=>
        for closed in closed {
            let #key = #make_key;
            let #value = closed.value;
            #old
            let #timestamp = closed.timestamp;
            #each
        }
    }
}

/// A window of `state` has changed, by which it may have got its first record: `fresh` says so.
pub(super) fn opens(e: &Emitter<'_>, state: &State, key: &TokenStream) -> TokenStream {
    let (closing, format) = (closing(e.graph(), state.store), key_format(e, state));
    let opened = e.or_reject(quote_spanned! {here()=>
        self.#closing.opens::<#format, _>(window.start, #key, 0)
    });
    quote_spanned! {here()=>
        if fresh && slot.value.is_some() {
            #opened;
        }
    }
}

/// An update of windows by span: one that is new, or is no more.
pub(super) fn changes(
    e: &Emitter<'_>,
    state: &State,
    key: &TokenStream,
    time: &TokenStream,
) -> TokenStream {
    let (closing, format) = (closing(e.graph(), state.store), key_format(e, state));
    let opened = e.or_reject(quote_spanned! {here()=>
        self.#closing.opens::<#format, _>(#time, #key, update.start)
    });
    let gone = e.or_reject(quote_spanned! {here()=>
        self.#closing.is_gone::<#format, _>(#time, #key, update.start)
    });
    quote_spanned! {here()=>
        match &update.value {
            ::core::option::Option::None => #gone,
            ::core::option::Option::Some(_) if update.old.is_none() => #opened,
            ::core::option::Option::Some(_) => {}
        }
    }
}

fn key_format(e: &Emitter<'_>, state: &State) -> TokenStream {
    e.graph().store(state.store).key_format.tokens.clone()
}
