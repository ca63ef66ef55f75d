//! `peek(|k, v| …)`: looks at each record and gives it on as it is (Kafka Streams' `peek`).

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{Operator, function, no_other_names, positional, stream};
use crate::emit::{Emitter, Vars, here};
use crate::model::{Builder, Flow, NodeId};
use crate::parse::Call;
use crate::rewrite::Function;

struct Peek {
    function: Function,
}

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    let mut stream = stream(builder, flow, &call)?;
    no_other_names(builder, &call, &[]);
    let [value] = positional(builder, &call, "peek(|key, value| { … })")?;
    let function = function(builder, &call, value, &["value"])?;
    let (key, value) = (stream.key.clone(), stream.value.clone());
    stream.node = builder.add_after(stream.node, &call, Box::new(Peek { function }), key, value);
    Some(Flow::Stream(stream))
}

impl Operator for Peek {
    fn word(&self) -> &'static str {
        "peek"
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let call = e.call(&self.function, node, vars, vec![vars.value.reference()]);
        let rest = e.consumers(node, vars);
        quote_spanned!(here()=> let _: () = #call; #rest)
    }
}
