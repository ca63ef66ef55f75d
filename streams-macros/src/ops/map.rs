//! `map(|k, v| (key, value))`: a new key and value for each record (Kafka Streams' `map`). The key
//! counts as changed: state and joins after it get their repartition.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Type;

use super::{Operator, function, no_other_names, positional, stream};
use crate::emit::{Emitter, Vars, here};
use crate::model::{Builder, Flow, NodeId, StreamFlow};
use crate::parse::Call;
use crate::rewrite::Function;

struct Map {
    function: Function,
}

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    let stream = stream(builder, flow, &call)?;
    no_other_names(builder, &call, &[]);
    let [value] = positional(builder, &call, "map(|key, value| (new_key, new_value))")?;
    let function = function(builder, &call, value, &["value"])?;
    let (key, value) = pair(function.returned());
    let operator = Box::new(Map { function });
    let node = builder.add_after(stream.node, &call, operator, key.clone(), value.clone());
    Some(Flow::Stream(StreamFlow { node, key, value, rekeyed: Some(call.span()) }))
}

/// The types of a pair, where they are written.
pub(super) fn pair(ty: Option<Type>) -> (Option<Type>, Option<Type>) {
    match ty {
        Some(Type::Tuple(tuple)) if tuple.elems.len() == 2 => {
            let mut elements = tuple.elems.into_iter();
            (elements.next(), elements.next())
        }
        _ => (None, None),
    }
}

impl Operator for Map {
    fn word(&self) -> &'static str {
        "map"
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let call = e.call(&self.function, node, vars, vec![vars.value.reference()]);
        let vars = vars.owned();
        let (key, value) = (&vars.key.ident, &vars.value.ident);
        let rest = e.consumers(node, &vars);
        quote_spanned! {here()=>
            let mapped: (_, _) = #call;
            let (#key, #value) = mapped;
            #rest
        }
    }
}
