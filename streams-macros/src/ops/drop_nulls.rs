//! Drops null keys or values before state that is kept by key, and counts them, as Kafka Streams'
//! groupings, aggregations and joins do. Not a word of the language.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::Operator;
use crate::emit::{Emitter, Operand, Vars, here};
use crate::model::NodeId;

pub(crate) struct DropNulls {
    pub(crate) keys: bool,
    pub(crate) values: bool,
}

impl Operator for DropNulls {
    fn word(&self) -> &'static str {
        "drop nulls"
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let mut vars = vars.clone();
        let mut code = TokenStream::new();
        let label = e.label();
        let mut unwrap = |operand: &mut Operand| {
            let (ident, reference) = (operand.ident.clone(), operand.reference());
            code.extend(quote_spanned! {here()=>
                let ::core::option::Option::Some(#ident) = #reference else {
                    cx.counters.dropped_null += 1;
                    break #label;
                };
            });
            operand.by_ref = true;
        };
        if self.keys {
            unwrap(&mut vars.key);
        }
        if self.values {
            unwrap(&mut vars.value);
        }
        let rest = e.consumers(node, &vars);
        quote_spanned!(here()=> #code #rest)
    }
}
