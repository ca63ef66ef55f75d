//! `map_values(|v| value)`: a new value for each record, under the same key (Kafka Streams'
//! `mapValues`).

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{Operator, function, no_other_names, positional, stream, table_map_values};
use crate::emit::{Emitter, Operand, Vars, here};
use crate::model::{Builder, Flow, NodeId};
use crate::parse::Call;
use crate::rewrite::Function;

struct MapValues {
    function: Function,
}

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    if let Flow::Table(table) = flow {
        return table_map_values::build(builder, table, &call);
    }
    let mut stream = stream(builder, flow, &call)?;
    no_other_names(builder, &call, &[]);
    let [value] = positional(builder, &call, "map_values(|value| new_value)")?;
    let function = function(builder, &call, value, &["value"])?;
    stream.value = function.returned();
    let operator = Box::new(MapValues { function });
    let (key, value) = (stream.key.clone(), stream.value.clone());
    stream.node = builder.add_after(stream.node, &call, operator, key, value);
    Some(Flow::Stream(stream))
}

impl Operator for MapValues {
    fn word(&self) -> &'static str {
        "map_values"
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let call = e.call(&self.function, node, vars, vec![vars.value.reference()]);
        let value = vars.value.ident.clone();
        let vars = Vars { value: Operand { ident: value.clone(), by_ref: false }, ..vars.clone() };
        let rest = e.consumers(node, &vars);
        quote_spanned!(here()=> let #value = #call; #rest)
    }
}
