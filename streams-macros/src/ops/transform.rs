//! `transform(store, |k, v, state| value)`: a new value for each record, made with the state of its
//! key, which the function changes in place (Kafka Streams' `processValues` with one store). After
//! `group_by`, or on a stream by its own key. A key without state starts with `Default`; in a store
//! of `Option<S>` the state is the `Option`, and `None` deletes it.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::keyed_state;
use super::{Operator, function, ident, no_other_names, positional};
use crate::check::stores;
use crate::emit::{Emitter, Operand, Vars, here};
use crate::model::{Builder, Flow, GroupedFlow, NodeId, StoreId};
use crate::parse::Call;
use crate::rewrite::Function;

struct Transform {
    store: StoreId,
    function: Function,
}

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    let mut stream = match flow {
        Flow::Stream(stream) | Flow::Grouped(GroupedFlow { stream, window: None }) => stream,
        other => {
            let advice = match &other {
                Flow::Grouped(_) => ": states by windows are for `aggregate`",
                Flow::Table(_) => ": go over to a stream with `.to_stream()` first",
                _ => "",
            };
            let message = format!(
                "`transform` is for a stream or a group, and this is {}{advice}",
                other.what()
            );
            builder.errors.error(call.span(), message);
            return None;
        }
    };
    no_other_names(builder, &call, &[]);
    let usage = "transform(store, |key, value, state| new_value)";
    let [store, value] = positional(builder, &call, usage)?;
    let name = ident(builder, &store, "a store")?;
    let function = function(builder, &call, value, &["value", "state"])?;
    let store = builder.claim_store(&name)?;
    let kind = builder.graph.store(store).kind;
    if !stores::latest_only(builder.errors, &name, kind, &call.name) {
        return None;
    }
    let key = builder.graph.store(store).key.clone();
    if stream.value.is_none() {
        // The last but one parameter is the value, or the one before the context.
        let at = function.arity().map_or(0, |n| if n == 2 { 0 } else { 1 });
        stream.value = function.parameter(at);
    }
    let mut stream = builder.partitioned(stream, &name.to_string(), Some(&key), false, &name)?;
    stream.value = function.returned();
    let operator = Box::new(Transform { store, function });
    let (key, value) = (stream.key.clone(), stream.value.clone());
    stream.node = builder.add_after(stream.node, &call, operator, key, value);
    Some(Flow::Stream(stream))
}

impl Operator for Transform {
    fn word(&self) -> &'static str {
        "transform"
    }

    fn stores(&self) -> Vec<StoreId> {
        vec![self.store]
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let slot = keyed_state::slot(e, node, vars, self.store);
        let store = e.graph().store(self.store);
        let (ty, optional) = (store.value.clone(), store.optional);
        let state = quote_spanned!(here()=> state);
        let call = e.call(&self.function, node, vars, vec![vars.value.reference(), state]);
        let value = vars.value.ident.clone();
        let timestamp = &vars.timestamp;
        let open = if optional {
            quote_spanned! {here()=>
                let state: &mut ::core::option::Option<#ty> = &mut slot.value;
            }
        } else {
            // At the store's name: rustc shows a state without a default there.
            let at = here().located_at(store.user.unwrap_or_else(here));
            let default = quote_spanned!(at=> ::core::default::Default::default());
            quote_spanned! {here()=>
                let state: &mut #ty = slot.value.get_or_insert_with(|| #default);
            }
        };
        let vars = Vars { value: Operand { ident: value.clone(), by_ref: false }, ..vars.clone() };
        let rest = e.consumers(node, &vars);
        quote_spanned! {here()=>
            #slot
            slot.timestamp = #timestamp;
            #open
            let #value = #call;
            #rest
        }
    }
}
