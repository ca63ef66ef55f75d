//! `for_each(|k, v| …)`: does something with each record and ends the chain (Kafka Streams'
//! `foreach`). What it does is not undone when a record is processed again; under
//! `guarantee = exactly_once` it says so: `for_each(|k, v| …, at_least_once)`.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{Operator, function, no_other_names, positional, stream};
use crate::check::side_effects;
use crate::emit::{Emitter, Vars, here};
use crate::model::{Builder, Flow, NodeId};
use crate::parse::Call;
use crate::rewrite::Function;

struct ForEach {
    function: Function,
}

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, mut call: Call) -> Option<Flow> {
    let stream = stream(builder, flow, &call)?;
    no_other_names(builder, &call, &[]);
    side_effects::stated(builder, &mut call);
    let [value] = positional(builder, &call, "for_each(|key, value| { … })")?;
    let function = function(builder, &call, value, &["value"])?;
    builder.add_after(stream.node, &call, Box::new(ForEach { function }), None, None);
    Some(Flow::End)
}

impl Operator for ForEach {
    fn word(&self) -> &'static str {
        "for_each"
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let call = e.call(&self.function, node, vars, vec![vars.value.reference()]);
        quote_spanned!(here()=> let _: () = #call;)
    }
}
