//! An answer comes back to the left row, which it is joined with if the row has not changed.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Type;

use super::Parts;
use crate::emit::{Emitter, Vars, here};
use crate::model::{NodeId, StoreId};
use crate::ops::{Operator, keyed_state};
use crate::rewrite::Function;

pub(super) struct Resolve {
    pub(super) parts: Parts,
    pub(super) joiner: Function,
    /// The joiner gives an `Option`.
    pub(super) optional: bool,
    pub(super) value: Type,
    pub(super) store: Option<StoreId>,
}

impl Operator for Resolve {
    fn word(&self) -> &'static str {
        self.parts.word()
    }

    fn stores(&self) -> Vec<StoreId> {
        [self.parts.left].into_iter().chain(self.store).collect()
    }

    fn keeps(&self) -> Option<StoreId> {
        self.store
    }

    fn lacks_old(&self) -> bool {
        self.store.is_none()
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let left = e.graph().store(self.parts.left);
        let (vt, vf) = (left.value.clone(), left.value_format.tokens.clone());
        let left = e.store_field(self.parts.left);
        let (label, key) = (e.label(), vars.key.reference());
        let answer = vars.value.reference();
        let found = e.or_reject(quote_spanned!(here()=> self.#left.get(#key)));
        let hash = e.or_reject(quote_spanned! {here()=>
            ::streams::__private::value_hash::<#vf, #vt>(row)
        });
        let row = quote_spanned!(here()=> row);
        let call = e.call(&self.joiner, node, vars, vec![row, quote_spanned!(here()=> foreign)]);
        let some = match self.optional {
            true => call,
            false => quote_spanned!(here()=> ::core::option::Option::Some(#call)),
        };
        let joined = if self.parts.left_join {
            quote_spanned! {here()=>
                match row {
                    ::core::option::Option::Some(row) => #some,
                    ::core::option::Option::None => ::core::option::Option::None,
                }
            }
        } else {
            quote_spanned! {here()=>
                match (row, foreign) {
                    (::core::option::Option::Some(row), ::core::option::Option::Some(foreign)) => #some,
                    _ => ::core::option::Option::None,
                }
            }
        };
        let (name, value) = (&vars.value.ident, &self.value);
        // Where results are kept it is known that there is nothing to delete.
        let needless = self.store.filter(|_| !self.parts.kafka_streams).map(|store| {
            let store = e.store_field(store);
            let kept = e.or_reject(quote_spanned!(here()=> self.#store.get(#key)));
            quote_spanned!(here()=> if #name.is_none() && #kept.is_none() { break #label; })
        });
        let onwards = vars.with_value(false);
        let rest = match self.store {
            Some(store) => keyed_state::keep_update(e, node, &onwards, store),
            None => e.consumers(node, &onwards),
        };
        quote_spanned! {here()=>
            let #name: ::core::option::Option<#value> = {
                let answer = #answer;
                let row = #found.map(|(row, _)| row);
                if #hash != answer.hash {
                    break #label;
                }
                let foreign = ::core::option::Option::as_ref(&answer.value);
                #joined
            };
            #needless
            #rest
        }
    }
}
