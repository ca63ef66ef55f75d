//! `filter(|k, v| …)`: the records for which the closure gives `true`; `filter_not`: those for which
//! it gives `false` (Kafka Streams' `filter` and `filterNot`). Keeps key, value and timestamp. On a
//! table, a row that does not pass is a deletion: see `table_filter.rs`.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{Operator, function, no_other_names, positional, stream, table_filter};
use crate::emit::{Emitter, Vars, here};
use crate::model::{Builder, Flow, NodeId};
use crate::parse::Call;
use crate::rewrite::Function;

struct Filter {
    keep: Function,
    negated: bool,
}

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    if let Flow::Table(table) = flow {
        return table_filter::build(builder, table, &call);
    }
    let mut stream = stream(builder, flow, &call)?;
    no_other_names(builder, &call, &[]);
    let [value] = positional(builder, &call, "filter(|key, value| condition)")?;
    let keep = function(builder, &call, value, &["value"])?;
    let operator = Box::new(Filter { keep, negated: call.name == "filter_not" });
    let (key, value) = (stream.key.clone(), stream.value.clone());
    stream.node = builder.add_after(stream.node, &call, operator, key, value);
    Some(Flow::Stream(stream))
}

impl Operator for Filter {
    fn word(&self) -> &'static str {
        if self.negated { "filter_not" } else { "filter" }
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let call = e.call(&self.keep, node, vars, vec![vars.value.reference()]);
        let label = e.label();
        let rest = e.consumers(node, vars);
        let drop = if self.negated {
            quote_spanned!(here()=> kept)
        } else {
            quote_spanned!(here()=> !kept)
        };
        quote_spanned! {here()=>
            let kept: bool = #call;
            if #drop {
                break #label;
            }
            #rest
        }
    }
}
