//! `select_key(|k, v| key)`: a new key for each record (Kafka Streams' `selectKey`). The key counts
//! as changed: state and joins after it get their repartition.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{Operator, function, no_other_names, positional, stream};
use crate::emit::{Emitter, Operand, Vars, here};
use crate::model::{Builder, Flow, NodeId, StreamFlow};
use crate::parse::Call;
use crate::rewrite::Function;

struct SelectKey {
    function: Function,
}

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    let stream = stream(builder, flow, &call)?;
    no_other_names(builder, &call, &[]);
    let [value] = positional(builder, &call, "select_key(|key, value| new_key)")?;
    let function = function(builder, &call, value, &["value"])?;
    Some(Flow::Stream(select_key(builder, stream, &call, function)))
}

/// Behind `stream`, the same with another key.
pub(super) fn select_key(
    builder: &mut Builder<'_>,
    mut stream: StreamFlow,
    call: &Call,
    function: Function,
) -> StreamFlow {
    stream.key = function.returned();
    stream.rekeyed = Some(call.span());
    let operator = Box::new(SelectKey { function });
    let (key, value) = (stream.key.clone(), stream.value.clone());
    stream.node = builder.add_after(stream.node, call, operator, key, value);
    stream
}

impl Operator for SelectKey {
    fn word(&self) -> &'static str {
        "select_key"
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let call = e.call(&self.function, node, vars, vec![vars.value.reference()]);
        let key = vars.key.ident.clone();
        let vars = Vars { key: Operand { ident: key.clone(), by_ref: false }, ..vars.clone() };
        let rest = e.consumers(node, &vars);
        quote_spanned!(here()=> let #key = #call; #rest)
    }
}
