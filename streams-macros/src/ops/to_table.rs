//! `to_table(store)`: a stream's records as a table, the latest of each key in a store (Kafka
//! Streams' `toTable`). Null keys are dropped; a null value deletes its key.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::aggregation::key_onwards;
use super::keyed_state;
use super::{Operator, ident, no_other_names, positional, stream};
use crate::check::{stable_names, stores};
use crate::emit::{Emitter, Vars, here};
use crate::model::{
    Builder, Flow, NodeId, StoreId, StoreKind, TableFlow, borrowed_to_owned, option_of,
};
use crate::parse::Call;

struct ToTable {
    store: StoreId,
    nullable: bool,
}

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    let stream = stream(builder, flow, &call)?;
    no_other_names(builder, &call, &[]);
    if call.args.is_empty() {
        stable_names::unnamed(builder.errors, &call, "to_table(store)");
        return None;
    }
    let [store] = positional(builder, &call, "to_table(store)")?;
    let name = ident(builder, &store, "a store")?;
    let existing = builder.store_named(&name);
    let hint = existing.map(|id| builder.graph.store(id).key.clone());
    let topic = builder.kafka_name_of(&name);
    let stream = builder.partitioned(stream, &topic, hint.as_ref(), false, &name)?;
    let nullable = stream.value.as_ref().is_some_and(|v| option_of(v).is_some());
    let store = match existing {
        Some(_) => {
            let store = builder.claim_store(&name)?;
            let kind = builder.graph.store(store).kind;
            if !stores::of_a_table(builder.errors, &name, kind, &call.name) {
                return None;
            }
            store
        }
        None => {
            let (Some(key), Some(value)) = (&stream.key, &stream.value) else {
                let message = format!(
                    "the types of key and value are not written anywhere before `to_table`: declare `store {name}: kv<K, V>;`"
                );
                builder.errors.error(call.span(), message);
                return None;
            };
            let (key, value) = (borrowed_to_owned(key), borrowed_to_owned(value));
            builder.declare_store_in_place(&name, StoreKind::KeyValue, key, value, name.span())
        }
    };
    let operator = Box::new(ToTable { store, nullable });
    let kept = builder.graph.store(store);
    let given = stream.key.clone().unwrap_or_else(|| kept.key.clone());
    let value = Some(kept.value.clone());
    let node = builder.add_after(stream.node, &call, operator, None, value.clone());
    let key = key_onwards(builder, node, Some(&given), Some(store));
    let versioned = matches!(builder.graph.store(store).kind, StoreKind::Versioned { .. });
    let (store, window) = (Some(store), None);
    Some(Flow::Table(TableFlow { node, key, value, store, nullable, window, versioned }))
}

impl Operator for ToTable {
    fn word(&self) -> &'static str {
        "to_table"
    }

    fn stores(&self) -> Vec<StoreId> {
        vec![self.store]
    }

    fn keeps(&self) -> Option<StoreId> {
        Some(self.store)
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let slot = keyed_state::slot(e, node, vars, self.store);
        let owned = keyed_state::owned_value(e, node, vars);
        let timestamp = &vars.timestamp;
        let put = if self.nullable {
            owned.clone()
        } else {
            quote_spanned!(here()=> ::core::option::Option::Some(#owned))
        };
        if keyed_state::is_versioned(e, self.store) {
            let value = match self.nullable {
                true => put,
                false => owned,
            };
            return keyed_state::keep_version(e, node, vars, self.store, &value, self.nullable);
        }
        let (old, vars) = keyed_state::keep_old(e, node, vars);
        let rest = keyed_state::value_onwards(e, node, &vars, self.nullable);
        quote_spanned! {here()=>
            #slot
            #old
            slot.value = #put;
            slot.timestamp = #timestamp;
            #rest
        }
    }
}
