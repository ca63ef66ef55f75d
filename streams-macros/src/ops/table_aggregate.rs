//! `count`, `reduce` and `aggregate` over a grouped table (Kafka Streams' `KGroupedTable`): a row's old
//! value is taken out of its group, its new one added.
//!
//! `count(store)`; `reduce(store, |total, value| add, |total, value| subtract)`;
//! `aggregate(store: S = init, |k, v, state| add, |k, v, state| subtract)`.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Expr, Type};

use super::aggregation::{self, StoreArgument};
use super::keyed_state;
use super::{Operator, function, ident, no_other_names, positional, table_group_by};
use crate::check::stores;
use crate::emit::{Emitter, Vars, here};
use crate::model::{Builder, Flow, GroupedTableFlow, NodeId, StoreId, StoreKind, TableFlow};
use crate::parse::Call;
use crate::rewrite::Function;

enum Kind {
    Count,
    Reduce { add: Function, subtract: Function },
    Aggregate { init: Expr, add: Function, subtract: Function },
}

struct TableAggregate {
    store: StoreId,
    kind: Kind,
}

pub(super) fn count(
    builder: &mut Builder<'_>,
    grouped: &GroupedTableFlow,
    call: &Call,
) -> Option<Flow> {
    no_other_names(builder, call, &[]);
    let [store] = positional(builder, call, "count(store)")?;
    let name = ident(builder, &store, "a store")?;
    let argument = StoreArgument { name, declared: None };
    build(builder, grouped, call, &argument, Some(syn::parse_quote!(i64)), Kind::Count)
}

pub(super) fn reduce(
    builder: &mut Builder<'_>,
    grouped: &GroupedTableFlow,
    call: &Call,
) -> Option<Flow> {
    let usage = "reduce(store, |total, value| added, |total, value| subtracted)";
    no_other_names(builder, call, &[]);
    let [store, add, subtract] = positional(builder, call, usage)?;
    let name = ident(builder, &store, "a store")?;
    let add = function(builder, call, add, &["total", "value"])?;
    let subtract = function(builder, call, subtract, &["total", "value"])?;
    let argument = StoreArgument { name, declared: None };
    let value = Some(grouped.value.clone());
    build(builder, grouped, call, &argument, value, Kind::Reduce { add, subtract })
}

pub(super) fn aggregate(
    builder: &mut Builder<'_>,
    grouped: &GroupedTableFlow,
    call: &Call,
) -> Option<Flow> {
    let usage = "aggregate(store: State = initial, |key, value, state| { add }, |key, value, state| { subtract })";
    let (argument, init) = aggregation::store_argument(builder, call, usage)?;
    let Some(init) = init else {
        builder.errors.error(argument.name.span(), format!("`aggregate` is written `{usage}`"));
        return None;
    };
    let [add, subtract] = positional(builder, call, usage)?;
    let add = function(builder, call, add, &["value", "state"])?;
    let subtract = function(builder, call, subtract, &["value", "state"])?;
    build(builder, grouped, call, &argument, None, Kind::Aggregate { init, add, subtract })
}

fn build(
    builder: &mut Builder<'_>,
    grouped: &GroupedTableFlow,
    call: &Call,
    argument: &StoreArgument,
    value: Option<Type>,
    kind: Kind,
) -> Option<Flow> {
    let name = &argument.name;
    let stream = table_group_by::repartition(builder, grouped, name);
    let existing = if argument.declared.is_none() { builder.store_named(name) } else { None };
    let store = match existing {
        Some(_) => {
            let store = builder.claim_store(name)?;
            let kind = builder.graph.store(store).kind;
            if !stores::of_a_table(builder.errors, name, kind, &call.name) {
                return None;
            }
            store
        }
        None => {
            let Some(value) = argument.declared.clone().or(value) else {
                let message = format!(
                    "the type that store `{name}` keeps is not known: write `{name}: Type = …`"
                );
                builder.errors.error(name.span(), message);
                return None;
            };
            let key = grouped.key.clone();
            builder.declare_store_in_place(name, StoreKind::KeyValue, key, value, name.span())
        }
    };
    let kept = builder.graph.store(store);
    let (key, value, nullable) = (Some(kept.key.clone()), Some(kept.value.clone()), kept.optional);
    let versioned = matches!(kept.kind, StoreKind::Versioned { .. });
    let operator = Box::new(TableAggregate { store, kind });
    let node = builder.add_after(stream.node, call, operator, key.clone(), value.clone());
    let (store, window) = (Some(store), None);
    Some(Flow::Table(TableFlow { node, key, value, store, nullable, window, versioned }))
}

impl TableAggregate {
    /// Changes the state in `slot` by the value in `row`: out of it, or into it.
    fn step(&self, e: &Emitter<'_>, node: NodeId, vars: &Vars, adding: bool) -> TokenStream {
        let row = quote_spanned!(here()=> row);
        let store = e.graph().store(self.store);
        let (ty, optional) = (&store.value, store.optional);
        match &self.kind {
            Kind::Count => {
                let step: i64 = if adding { 1 } else { -1 };
                quote_spanned! {here()=>
                    slot.value = ::core::option::Option::Some(slot.value.unwrap_or(0) + #step);
                }
            }
            Kind::Reduce { add, subtract } => {
                let function = if adding { add } else { subtract };
                let total = quote_spanned!(here()=> total);
                let call = e.call(function, node, vars, vec![total, row]);
                let some = if optional {
                    call
                } else {
                    quote_spanned!(here()=> ::core::option::Option::Some(#call))
                };
                quote_spanned! {here()=>
                    slot.value = match &slot.value {
                        ::core::option::Option::Some(total) => #some,
                        ::core::option::Option::None => {
                            ::core::option::Option::Some(::core::clone::Clone::clone(row))
                        }
                    };
                }
            }
            Kind::Aggregate { init, add, subtract } => {
                let function = if adding { add } else { subtract };
                let call = e.call(function, node, vars, vec![row, quote_spanned!(here()=> state)]);
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
                quote_spanned!(here()=> #open let _: () = #call;)
            }
        }
    }
}

impl Operator for TableAggregate {
    fn word(&self) -> &'static str {
        match self.kind {
            Kind::Count => "count",
            Kind::Reduce { .. } => "reduce",
            Kind::Aggregate { .. } => "aggregate",
        }
    }

    fn stores(&self) -> Vec<StoreId> {
        vec![self.store]
    }

    fn keeps(&self) -> Option<StoreId> {
        Some(self.store)
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let slot = keyed_state::slot(e, node, vars, self.store);
        let (change, timestamp) = (vars.value.reference(), &vars.timestamp);
        let (subtract, add) = (self.step(e, node, vars, false), self.step(e, node, vars, true));
        let optional = e.graph().store(self.store).optional;
        let (old, onwards) = keyed_state::keep_old(e, node, vars);
        let rest = keyed_state::value_onwards(e, node, &onwards, optional);
        quote_spanned! {here()=>
            #slot
            #old
            let before = match slot.value {
                ::core::option::Option::Some(_) => slot.timestamp,
                ::core::option::Option::None => #timestamp,
            };
            let change = #change;
            if let (::core::option::Option::Some(row), true) = (&change.old, slot.value.is_some()) {
                #subtract
            }
            if let ::core::option::Option::Some(row) = &change.new {
                #add
            }
            slot.timestamp = ::core::cmp::Ord::max(#timestamp, before);
            let #timestamp = slot.timestamp;
            #rest
        }
    }
}
