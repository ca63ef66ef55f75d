//! `aggregate(store: S = init, |k, v, state| …)`: the values of each key (and window) gathered in a
//! state, which the closure changes in place (Kafka Streams' `aggregate`). With a state of
//! `Option<S>`, `None` deletes the key. Without windows, null values are left out; with tumbling
//! windows the closure sees them. The result's timestamp is the largest of its records.
//!
//! Over sessions a second closure, `|left, right| merged`, makes one state of two.
//!
//! A closure that fails halfway, under `on_error = skip`, leaves in the state what it had changed.

use std::rc::Rc;

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Expr;

use super::aggregation::{self, State};
use super::keyed_state;
use super::span_aggregate::{self, Fold};
use super::{Operator, cogroup, function, grouped, positional, table_aggregate, window_aggregate};
use crate::emit::{Emitter, Vars, here};
use crate::model::{Builder, Flow, NodeId, StoreId, WindowKind};
use crate::parse::Call;
use crate::rewrite::Function;

pub(super) struct Aggregate {
    pub(super) state: State,
    pub(super) init: Expr,
    pub(super) function: Rc<Function>,
    /// Sessions only: how two become one.
    pub(super) merge: Option<Rc<Function>>,
}

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    if let Flow::GroupedTable(grouped) = flow {
        return table_aggregate::aggregate(builder, &grouped, &call);
    }
    if let Flow::Cogrouped(cogrouped) = flow {
        return cogroup::aggregate(builder, cogrouped, &call);
    }
    let grouped = grouped(builder, flow, &call)?;
    let usage = "aggregate(store: State = initial, |key, value, state| { … })";
    let (argument, init) = aggregation::store_argument(builder, &call, usage)?;
    let Some(init) = init else {
        builder.errors.error(argument.name.span(), format!("`aggregate` is written `{usage}`"));
        return None;
    };
    let session = grouped.window.is_some_and(|w| matches!(w.kind, WindowKind::Session { .. }));
    let (adder, merger) = if session {
        let usage =
            "aggregate(store: State = initial, |key, value, state| { … }, |left, right| merged)";
        let [adder, merger] = positional(builder, &call, usage)?;
        (adder, Some(merger))
    } else {
        let [adder] = positional(builder, &call, usage)?;
        (adder, None)
    };
    let merge = match merger {
        Some(merger) => Some(Rc::new(function(builder, &call, merger, &["left", "right"])?)),
        None => None,
    };
    let function = Rc::new(function(builder, &call, adder, &["value", "state"])?);
    let (stream, state) =
        aggregation::aggregation_store(builder, grouped, &call, &argument, None, false)?;
    let operator = Box::new(Aggregate { state, init, function, merge });
    Some(Flow::Table(aggregation::add(builder, &stream, &call, &state, operator)))
}

impl Operator for Aggregate {
    fn word(&self) -> &'static str {
        "aggregate"
    }

    fn stores(&self) -> Vec<StoreId> {
        self.state.stores()
    }

    fn observes(&self) -> Option<StoreId> {
        self.state.observes()
    }

    fn state(&self) -> Option<&State> {
        Some(&self.state)
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let init = &self.init;
        if let Some(window) = self.state.spans() {
            let (add, merge) = (&*self.function, self.merge.as_deref());
            let fold = Fold::Aggregate { init, add, merge };
            return span_aggregate::emit(e, node, vars, &self.state, window, fold);
        }
        let store = e.graph().store(self.state.store);
        let (ty, optional) = (store.value.clone(), store.optional);
        let open = if optional {
            quote_spanned! {here()=>
                if slot.value.is_none() {
                    let init: ::core::option::Option<#ty> = #init;
                    slot.value = init;
                }
                let state: &mut ::core::option::Option<#ty> = &mut slot.value;
            }
        } else {
            quote_spanned! {here()=>
                let state: &mut #ty = slot.value.get_or_insert_with(|| #init);
            }
        };
        window_aggregate::with_slot(e, node, vars, &self.state, |e, key, onwards| {
            let state = quote_spanned!(here()=> state);
            let call = e.call(&self.function, node, vars, vec![vars.value.reference(), state]);
            let timestamp = keyed_state::advance_timestamp(onwards);
            let first = match optional {
                true => quote_spanned!(here()=> #init),
                false => quote_spanned!(here()=> ::core::option::Option::Some(#init)),
            };
            let (old, onwards) = keyed_state::keep_old_or(e, node, onwards, Some(first));
            let rest = keyed_state::value_onwards(e, node, &onwards, optional);
            quote_spanned! {here()=>
                #old
                #timestamp
                #open
                let _: () = #call;
                #key
                #rest
            }
        })
    }
}
