//! Aggregations over sliding windows and sessions: one record can change several windows, and a
//! session swallows others. What changes is worked out by `streams-core`; the results go on one by one.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Expr;

use super::aggregation::State;
use super::keyed_state::{key_argument, owned_value};
use super::{on_close, on_commit};
use crate::emit::{Emitter, Operand, Vars, here, name};
use crate::model::{NodeId, Semantics, StoreId, WindowKind, WindowSpec};
use crate::rewrite::{Function, Inlined};

/// How values become a state.
pub(super) enum Fold<'a> {
    Count,
    Reduce { function: &'a Function, nulls: bool },
    Aggregate { init: &'a Expr, add: &'a Function, merge: Option<&'a Function> },
}

/// The code of the aggregation.
pub(super) fn emit(
    e: &mut Emitter<'_>,
    node: NodeId,
    vars: &Vars,
    state: &State,
    window: WindowSpec,
    fold: Fold<'_>,
) -> TokenStream {
    on_close::around(e, node, vars, state, |e| update(e, node, vars, state, window, fold))
}

/// The record taken into its windows, and their updates.
fn update(
    e: &mut Emitter<'_>,
    node: NodeId,
    vars: &Vars,
    state: &State,
    window: WindowSpec,
    fold: Fold<'_>,
) -> TokenStream {
    let store = state.store;
    let field = e.store_field(store);
    let now = e.now(node);
    let (timestamp, label, policy) = (&vars.timestamp, e.label(), e.policy());
    let key = key_argument(e, node, vars, store);
    let rows = e.or_reject(quote_spanned!(here()=> self.#field.rows(#key)));
    let operator = e.graph().node(node).name.clone();
    let kafka = e.graph().settings.semantics == Semantics::KafkaStreams;
    let waits = on_commit::store(e.graph(), node).is_some();
    let first_is_old = kafka && !waits && state.clock.is_none();
    let steps = Steps { e, vars, node, store, fold: &fold };
    let (init, add, merge) = (steps.init(), steps.add(), steps.merge());
    let grace_ms = window.grace_ms;
    // What has been given on as closed takes no part any more; Kafka Streams' stores show it as long
    // as they keep it.
    let oldest = match (state.clock, e.graph().settings.semantics) {
        (None, _) => quote_spanned!(here()=> i64::MIN),
        (Some(_), Semantics::Right) => quote_spanned!(here()=> close),
        (Some(_), Semantics::KafkaStreams) => {
            quote_spanned!(here()=> self.#field.horizon().saturating_add(2))
        }
    };
    let hidden = match e.graph().store(store).lingers(e.graph().settings.semantics) {
        true => quote_spanned!(here()=> self.#field.horizon()),
        false => quote_spanned!(here()=> i64::MIN),
    };
    let work = match window.kind {
        WindowKind::Session { gap_ms } => quote_spanned! {here()=>
            let close = #now.saturating_sub(#grace_ms).saturating_sub(#gap_ms);
            let (oldest, hidden) = (#oldest, #hidden);
            let rows = #rows;
            let done = ::streams::__private::session(
                rows, #timestamp, #gap_ms, close, oldest, hidden, #init, #merge, #add, &mut updates,
            );
            let late = match done {
                ::core::result::Result::Ok(true) => ::core::result::Result::Ok(0),
                ::core::result::Result::Ok(false) => ::core::result::Result::Ok(1),
                ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
            };
        },
        WindowKind::Sliding { difference_ms } => quote_spanned! {here()=>
            let close = #now.saturating_sub(#grace_ms);
            if #timestamp.saturating_add(#difference_ms) < close {
                cx.counters.dropped_late += 1;
                break #label;
            }
            let rows = #rows;
            let late = ::streams::__private::sliding(
                rows, #timestamp, #difference_ms, close, #first_is_old, || #init, #add, &mut updates,
            );
        },
        _ => TokenStream::new(),
    };
    // Retention counts from what was put last, deletions included, as in Kafka Streams' stores.
    let time = match window.kind {
        WindowKind::Session { .. } => quote_spanned!(here()=> update.end),
        _ => quote_spanned!(here()=> update.start),
    };
    let inner = key.clone();
    let windowed = name("key");
    let make_key = match window.kind {
        WindowKind::Session { .. } => quote_spanned! {here()=>
            ::streams::window::Session {
                key: ::streams::__private::to_owned(inner), start: update.start, end: update.end,
            }
        },
        _ => quote_spanned! {here()=>
            ::streams::window::Windowed {
                key: ::streams::__private::to_owned(inner),
                window: ::streams::window::Window { start: update.start, end: update.end },
            }
        },
    };
    let own = |n: &str| Operand { ident: name(n), by_ref: false };
    let onwards = Vars { key: own("key"), value: own("value"), ..vars.clone() };
    let onwards = onwards.with_old(e.needs_old(node));
    let value = &onwards.value.ident;
    let old = onwards.old.as_ref().map(|old| {
        let old = &old.ident;
        // Kafka Streams says nothing of what a session had that takes a record of its only time.
        match window.kind {
            WindowKind::Session { .. } if kafka && !waits => quote_spanned! {here()=>
                let #old = update.old.filter(|_| ::core::option::Option::is_none(&#value));
            },
            _ => quote_spanned!(here()=> let #old = update.old;),
        }
    });
    let headers =
        matches!(window.kind, WindowKind::Session { .. }) && state.clock.is_none() && !waits;
    let each = match state.clock {
        Some(_) => {
            let inner = quote_spanned!(here()=> inner);
            let changes = on_close::changes(e, state, &inner, &time);
            e.block(|_| changes)
        }
        None => {
            let timestamp = &onwards.timestamp;
            let key = onwards.key.reference();
            let kept = quote_spanned!(here()=> #value);
            let existed = quote_spanned!(here()=> existed);
            let at = quote_spanned!(here()=> #timestamp);
            let touch = on_commit::touch(e, node, &onwards, true, &key, &existed, &kept, &at);
            let consumers = match touch {
                Some(touch) => quote_spanned!(here()=> #touch),
                None => e.block(|e| e.consumers(node, &onwards)),
            };
            quote_spanned! {here()=>
                let #windowed = #make_key;
                let existed = update.old.is_some();
                let #value = update.value;
                #old
                let #timestamp = update.timestamp;
                #consumers
            }
        }
    };
    // Kafka Streams' sessions give results on without headers.
    let headers = headers.then(|| {
        quote_spanned! {here()=>
            let record = &::streams::RecordRef { headers: ::streams::Headers::EMPTY, ..*record };
        }
    });
    quote_spanned! {here()=>
        let mut updates = ::std::vec::Vec::new();
        #work
        match late {
            ::core::result::Result::Ok(late) => cx.counters.dropped_late += late,
            ::core::result::Result::Err(error) => {
                cx.failed(source, record, #operator, error, #policy)?;
                break #label;
            }
        }
        let latest = updates.iter().map(|update| #time).max();
        if let ::core::option::Option::Some(latest) = latest {
            self.#field.observe(latest);
        }
        let inner = #inner;
        #headers
        for update in updates {
            #each
        }
    }
}

/// The closures that the core calls.
struct Steps<'a, 'e, 'g> {
    e: &'a Emitter<'g>,
    vars: &'a Vars,
    node: NodeId,
    store: StoreId,
    fold: &'a Fold<'e>,
}

impl Steps<'_, '_, '_> {
    /// A call whose failure leaves the closure around it.
    fn call(&self, function: &Function, required: Vec<TokenStream>) -> TokenStream {
        let Inlined { tokens, fallible } = self.e.inlined(function, self.vars, required);
        if !fallible {
            return tokens;
        }
        quote_spanned! {here()=>
            match #tokens {
                ::core::result::Result::Ok(done) => done,
                ::core::result::Result::Err(error) => return ::core::result::Result::Err(error),
            }
        }
    }

    fn some(&self, value: TokenStream) -> TokenStream {
        match self.e.graph().store(self.store).optional {
            true => value,
            false => quote_spanned!(here()=> ::core::option::Option::Some(#value)),
        }
    }

    /// The state of an empty window: an `Option<S>`.
    fn init(&self) -> TokenStream {
        match self.fold {
            Fold::Count => quote_spanned!(here()=> ::core::option::Option::Some(0i64)),
            Fold::Reduce { .. } => quote_spanned!(here()=> ::core::option::Option::None),
            Fold::Aggregate { init, .. } => self.some(quote_spanned!(here()=> #init)),
        }
    }

    /// `|state: &mut Option<S>|`: takes the record in.
    fn add(&self) -> TokenStream {
        let ty = &self.e.graph().store(self.store).value;
        let value = self.vars.value.reference();
        let body = match self.fold {
            Fold::Count => quote_spanned! {here()=>
                *state = ::core::option::Option::Some(state.unwrap_or(0) + 1);
            },
            Fold::Reduce { function, nulls } => {
                let owned = owned_value(self.e, self.node, self.vars);
                let first = if *nulls {
                    owned
                } else {
                    quote_spanned!(here()=> ::core::option::Option::Some(#owned))
                };
                let current = quote_spanned!(here()=> current);
                let reduced = self.some(self.call(function, vec![current, value.clone()]));
                quote_spanned! {here()=>
                    *state = match &*state {
                        ::core::option::Option::Some(current) => #reduced,
                        ::core::option::Option::None => #first,
                    };
                }
            }
            Fold::Aggregate { init, add, .. } => {
                let optional = self.e.graph().store(self.store).optional;
                let open = if optional {
                    TokenStream::new()
                } else {
                    quote_spanned!(here()=> let state: &mut #ty = state.get_or_insert_with(|| #init);)
                };
                let call = self.call(add, vec![value, quote_spanned!(here()=> state)]);
                quote_spanned!(here()=> #open let _: () = #call;)
            }
        };
        quote_spanned! {here()=>
            |state: &mut ::core::option::Option<#ty>| -> ::streams::__private::Step {
                #body
                ::core::result::Result::Ok(())
            }
        }
    }

    /// `|state: &mut Option<S>, right: &S|`: takes another session in.
    fn merge(&self) -> TokenStream {
        let ty = &self.e.graph().store(self.store).value;
        let function = match self.fold {
            Fold::Count => None,
            Fold::Reduce { function, .. } => Some(*function),
            Fold::Aggregate { merge, .. } => *merge,
        };
        let body = match function {
            None => quote_spanned! {here()=>
                *state = ::core::option::Option::Some(state.unwrap_or_default() + *right);
            },
            Some(function) => {
                let left = quote_spanned!(here()=> left);
                let right = match self.fold {
                    Fold::Reduce { nulls: true, .. } => quote_spanned! {here()=>
                        &::core::option::Option::Some(::core::clone::Clone::clone(right))
                    },
                    _ => quote_spanned!(here()=> right),
                };
                let merged = self.some(self.call(function, vec![left, right]));
                quote_spanned! {here()=>
                    *state = match &*state {
                        ::core::option::Option::Some(left) => #merged,
                        ::core::option::Option::None => {
                            ::core::option::Option::Some(::core::clone::Clone::clone(right))
                        }
                    };
                }
            }
        };
        quote_spanned! {here()=>
            |state: &mut ::core::option::Option<#ty>, right: &#ty| -> ::streams::__private::Step {
                #body
                ::core::result::Result::Ok(())
            }
        }
    }
}
