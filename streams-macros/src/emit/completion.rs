//! Calls of outside services: a method for each operator that takes in what has been answered.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Ident;

use super::emitter::Emitter;
use super::names::here;
use crate::model::Graph;

/// The calls of a sub-topology.
pub(super) struct Completion {
    fields: Vec<Ident>,
    names: Vec<Ident>,
    /// The methods.
    pub(super) methods: TokenStream,
}

impl Completion {
    pub(super) fn new(e: &mut Emitter<'_>, graph: &Graph, subtopology: usize) -> Self {
        let (mut fields, mut names) = (Vec::new(), Vec::new());
        let mut methods = TokenStream::new();
        for (id, _) in graph.nodes_of(subtopology) {
            let Some((field, name, body)) = e.completion(id) else { continue };
            methods.extend(quote_spanned! {here()=>
                fn #name(
                    &mut self,
                    wait: bool,
                    cx: &mut ::streams::context::TaskContext,
                ) -> ::streams::Result<()> {
                    #body
                    ::core::result::Result::Ok(())
                }
            });
            fields.push(field);
            names.push(name);
        }
        Self { fields, names, methods }
    }

    /// Functions of `TaskLogic`, where there are calls. What comes first in the text is taken in first,
    /// so that calls behind calls are made.
    pub(super) fn functions(&self) -> Option<TokenStream> {
        let Self { fields, names, .. } = self;
        if names.is_empty() {
            return None;
        }
        Some(quote_spanned! {here()=>
            fn calls(&self) -> bool {
                true
            }

            fn finish_calls(
                &mut self,
                wait: bool,
                cx: &mut ::streams::context::TaskContext,
            ) -> ::streams::Result<bool> {
                #(self.#names(wait, cx)?;)*
                ::core::result::Result::Ok(!self.has_calls())
            }

            fn has_calls(&self) -> bool {
                #(!self.#fields.is_empty())||*
            }
        })
    }
}
