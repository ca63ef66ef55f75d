//! `to_stream()`: a table's updates as a stream (Kafka Streams' `toStream`). Where a key can lose
//! its value, values are `Option<V>`, and `None` is the deletion.

use proc_macro2::TokenStream;

use super::{Operator, no_other_names, positional, table};
use crate::emit::{Emitter, Vars};
use crate::model::{Builder, Flow, NodeId, StreamFlow};
use crate::parse::Call;

struct ToStream;

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    let table = table(builder, flow, &call)?;
    no_other_names(builder, &call, &[]);
    let [] = positional(builder, &call, "to_stream()")?;
    let key = table.key;
    let value = match table.value {
        Some(v) if table.nullable => Some(syn::parse_quote!(Option<#v>)),
        other => other,
    };
    let node = builder.add_after(table.node, &call, Box::new(ToStream), key.clone(), value.clone());
    Some(Flow::Stream(StreamFlow { node, key, value, rekeyed: None }))
}

impl Operator for ToStream {
    fn word(&self) -> &'static str {
        "to_stream"
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        e.consumers(node, vars)
    }
}
