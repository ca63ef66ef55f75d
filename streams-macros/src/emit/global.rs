//! Global tables: one set a process, and a field of each task that looks rows up in one.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::names::here;
use crate::model::{GlobalId, Graph};

/// The type of a table.
pub(super) fn table_type(graph: &Graph, id: GlobalId) -> TokenStream {
    let global = graph.global(id);
    let (key, value) = (&global.key, &global.value);
    let (kf, vf) = (&global.key_format.tokens, &global.value_format.tokens);
    quote!(::streams::store::GlobalTable<#key, #value, #kf, #vf>)
}

/// The topology's `globals()`, if it has some.
pub(super) fn tables(graph: &Graph) -> Option<TokenStream> {
    if graph.globals.is_empty() {
        return None;
    }
    let tables = graph.globals.iter().enumerate().map(|(number, global)| {
        let (ty, name) = (table_type(graph, GlobalId(number)), global.ident.to_string());
        quote!(::std::sync::Arc::new(<#ty>::new(#name)))
    });
    Some(quote! {
        fn globals() -> ::streams::store::Globals {
            ::streams::store::Globals::new(::std::vec![#(#tables),*])
        }
    })
}

/// The fields of a task, their first values, and the code that gives it those of its process.
pub(super) struct Fields {
    pub(super) fields: Vec<TokenStream>,
    pub(super) inits: Vec<TokenStream>,
    pub(super) attach: Option<TokenStream>,
}

impl Fields {
    pub(super) fn new(graph: &Graph, subtopology: usize) -> Self {
        let (mut fields, mut inits, mut attached) = (Vec::new(), Vec::new(), Vec::new());
        for id in graph.globals_of(subtopology) {
            let global = graph.global(id);
            let (ident, ty, number) = (&global.ident, table_type(graph, id), id.0);
            let name = ident.to_string();
            fields.push(quote!(pub #ident: #ty));
            inits.push(quote!(#ident: ::streams::store::GlobalTable::new(#name)));
            attached.push(quote_spanned! {here()=>
                if let ::core::option::Option::Some(table) = globals.table::<#ty>(#number) {
                    self.#ident = ::core::clone::Clone::clone(table);
                }
            });
        }
        let attach = (!attached.is_empty()).then(|| {
            quote_spanned! {here()=>
                fn attach(&mut self, globals: &::streams::store::Globals) {
                    #(#attached)*
                }
            }
        });
        Self { fields, inits, attach }
    }
}
