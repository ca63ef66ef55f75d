//! `count(store)`: how many records each key (and window) has had, as `i64` (Kafka Streams'
//! `count`). Without windows, null values are not counted; with windows they are. The result's
//! timestamp is the largest of its records. In a versioned store the result is the key's next version.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::aggregation::{self, State, StoreArgument};
use super::keyed_state;
use super::span_aggregate::{self, Fold};
use super::{
    Operator, grouped, ident, no_other_names, positional, table_aggregate, window_aggregate,
};
use crate::check::{self, stable_names};
use crate::emit::{Emitter, Vars, here};
use crate::model::{Builder, Flow, NodeId, StoreId};
use crate::parse::Call;

struct Count {
    state: State,
}

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    if let Flow::GroupedTable(grouped) = flow {
        return table_aggregate::count(builder, &grouped, &call);
    }
    let grouped = grouped(builder, flow, &call)?;
    no_other_names(builder, &call, &[]);
    if call.args.is_empty() {
        stable_names::unnamed(builder.errors, &call, "count(store)");
        return None;
    }
    let [store] = positional(builder, &call, "count(store)")?;
    let name = ident(builder, &store, "a store")?;
    let argument = StoreArgument { name, declared: None };
    let value = Some(syn::parse_quote!(i64));
    let (stream, state) =
        aggregation::aggregation_store(builder, grouped, &call, &argument, value, false)?;
    let kept = &builder.graph.store(state.store).value;
    if !check::stores::counts(builder.errors, &argument.name, kept) {
        return None;
    }
    let operator = Box::new(Count { state });
    Some(Flow::Table(aggregation::add(builder, &stream, &call, &state, operator)))
}

impl Operator for Count {
    fn word(&self) -> &'static str {
        "count"
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
            return span_aggregate::emit(e, node, vars, &self.state, window, Fold::Count);
        }
        window_aggregate::with_slot(e, node, vars, &self.state, |e, key, onwards| {
            let timestamp = keyed_state::advance_timestamp(onwards);
            let zero = quote_spanned!(here()=> ::core::option::Option::Some(0));
            let (old, onwards) = keyed_state::keep_old_or(e, node, onwards, Some(zero));
            let rest = keyed_state::value_onwards(e, node, &onwards, false);
            quote_spanned! {here()=>
                #old
                #timestamp
                slot.value = ::core::option::Option::Some(slot.value.unwrap_or(0) + 1);
                #key
                #rest
            }
        })
    }
}
