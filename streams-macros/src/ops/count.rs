//! `count(store)`: how many records each key (and window) has had, as `i64` (Kafka Streams'
//! `count`). Without windows, null values are not counted; with windows they are. The result's
//! timestamp is the largest of its records.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::keyed_state::{self, StoreArgument};
use super::span_aggregate::{self, Fold};
use super::{Operator, grouped, ident, no_other_names, positional, table_aggregate};
use crate::check::{self, stable_names};
use crate::emit::{Emitter, Vars, here};
use crate::model::{Builder, Flow, NodeId, StoreId, WindowSpec};
use crate::parse::Call;

struct Count {
    store: StoreId,
    window: Option<WindowSpec>,
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
    let (stream, store, window) =
        keyed_state::aggregation_store(builder, grouped, &call, &argument, value, false)?;
    let kept = &builder.graph.store(store).value;
    if !check::stores::counts(builder.errors, &argument.name, kept) {
        return None;
    }
    let operator = Box::new(Count { store, window });
    let node = builder.add_after(stream.node, &call, operator, None, None);
    let table = keyed_state::table_of(builder, node, &stream, store, window);
    builder.graph.node_mut(node).key = table.key.clone();
    builder.graph.node_mut(node).value = table.value.clone();
    Some(Flow::Table(table))
}

impl Operator for Count {
    fn word(&self) -> &'static str {
        "count"
    }

    fn stores(&self) -> Vec<StoreId> {
        vec![self.store]
    }

    fn observes(&self) -> Option<StoreId> {
        self.window.map(|_| self.store)
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        if let Some(window) = self.window.filter(|w| w.is_span()) {
            return span_aggregate::emit(e, node, vars, self.store, window, Fold::Count);
        }
        keyed_state::with_slot(e, node, vars, self.store, self.window, |e, key, onwards| {
            let timestamp = keyed_state::advance_timestamp(onwards);
            let (old, onwards) = keyed_state::keep_old(e, node, onwards);
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
