//! `reduce(store, |old, new| value)`: the values of each key (and window) folded into one of the
//! same type (Kafka Streams' `reduce`). The first value is kept as it is; null values are left out,
//! except by windows: there `new` is an `Option`, and so is what the closure gives. The result's timestamp is the largest of its records.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::aggregation::{self, State};
use super::keyed_state;
use super::span_aggregate::{self, Fold};
use super::{Operator, function, grouped, positional, table_aggregate, window_aggregate};
use crate::emit::{Emitter, Vars, here};
use crate::model::{Builder, Flow, NodeId, StoreId, WindowKind, borrowed_to_owned, option_of};
use crate::parse::Call;
use crate::rewrite::Function;

struct Reduce {
    state: State,
    function: Function,
    /// Values are `Option`s.
    nulls: bool,
}

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    if let Flow::GroupedTable(grouped) = flow {
        return table_aggregate::reduce(builder, &grouped, &call);
    }
    let grouped = grouped(builder, flow, &call)?;
    let usage = "reduce(store, |old, new| value)";
    let (argument, init) = aggregation::store_argument(builder, &call, usage)?;
    if let Some(init) = init {
        let span = syn::spanned::Spanned::span(&init);
        builder.errors.error(
            span,
            "`reduce` starts with the first value, without an initial one: `aggregate` takes one",
        );
        return None;
    }
    let [_, reducer] = positional(builder, &call, usage)?;
    let function = function(builder, &call, reducer, &["old", "new"])?;
    // As in Kafka Streams, windows take null values in: the closure sees `Option`s then, and gives one.
    let takes_nulls = grouped.window.is_some_and(|w| !matches!(w.kind, WindowKind::Sliding { .. }));
    let nulls =
        takes_nulls && grouped.stream.value.as_ref().is_some_and(|v| option_of(v).is_some());
    let value = match nulls {
        true => grouped.stream.value.clone(),
        false => grouped.stream.value.clone().map(|v| option_of(&v).cloned().unwrap_or(v)),
    };
    let value = value.or_else(|| function.returned()).map(|v| borrowed_to_owned(&v));
    let (stream, state) =
        aggregation::aggregation_store(builder, grouped, &call, &argument, value, !nulls)?;
    let operator = Box::new(Reduce { state, function, nulls });
    Some(Flow::Table(aggregation::add(builder, &stream, &call, &state, operator)))
}

impl Operator for Reduce {
    fn word(&self) -> &'static str {
        "reduce"
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
        if let Some(window) = self.state.spans() {
            let fold = Fold::Reduce { function: &self.function, nulls: self.nulls };
            return span_aggregate::emit(e, node, vars, &self.state, window, fold);
        }
        let value = vars.value.reference();
        let store = e.graph().store(self.state.store);
        let (optional, ty) = (store.optional, &store.value);
        let returned = if optional {
            quote_spanned!(here()=> ::core::option::Option<#ty>)
        } else {
            quote_spanned!(here()=> #ty)
        };
        let wrap = if optional {
            quote_spanned!(here()=> reduced)
        } else {
            quote_spanned!(here()=> ::core::option::Option::Some(reduced))
        };
        let owned = keyed_state::owned_value(e, node, vars);
        let first = if self.nulls {
            owned
        } else {
            quote_spanned!(here()=> ::core::option::Option::Some(#owned))
        };
        window_aggregate::with_slot(e, node, vars, &self.state, |e, key, onwards| {
            let current = quote_spanned!(here()=> current);
            let call = e.call(&self.function, node, vars, vec![current, value.clone()]);
            let timestamp = keyed_state::advance_timestamp(onwards);
            let (old, onwards) = keyed_state::keep_old(e, node, onwards);
            let rest = keyed_state::value_onwards(e, node, &onwards, optional);
            quote_spanned! {here()=>
                #old
                let reduced = match &slot.value {
                    ::core::option::Option::Some(current) => {
                        let reduced: #returned = #call;
                        #wrap
                    }
                    ::core::option::Option::None => #first,
                };
                #timestamp
                slot.value = reduced;
                #key
                #rest
            }
        })
    }
}
