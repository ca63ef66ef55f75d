//! A name for each store: `stores::name` is its type, for processors, and `stores::name()` which store a
//! query is of. A function, as the name of a constant would be a pattern wherever it is imported.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::global::table_type;
use super::names::{here, task};
use super::task::store_type;
use crate::model::{GlobalId, Graph, StoreId, StoreKind};

/// The module `stores`, where there are some.
pub(super) fn names(graph: &Graph) -> Option<TokenStream> {
    if graph.stores.is_empty() && graph.globals.is_empty() {
        return None;
    }
    let stores = (0..graph.subtopologies())
        .flat_map(|n| graph.stores_of(n).into_iter().map(move |id| store(graph, n, id)));
    let globals = (0..graph.globals.len()).map(|number| global(graph, number));
    Some(quote! {
        /// The stores: their types, as processors are given them, and what queries are asked of.
        #[allow(
            dead_code,
            non_camel_case_types,
            private_interfaces,
            unused_imports
        )]
        pub mod stores {
            use super::*;

            #(#stores)*
            #(#globals)*
        }
    })
}

fn store(graph: &Graph, subtopology: usize, id: StoreId) -> TokenStream {
    let store = graph.store(id);
    let (ident, ty) = (&store.ident, store_type(graph, id));
    let doc = format!("The store `{ident}`.");
    let alias = quote! {
        #[doc = #doc]
        pub type #ident = #ty;
    };
    // The others hold what operators keep for themselves.
    let is_queryable = matches!(
        store.kind,
        StoreKind::KeyValue
            | StoreKind::Versioned { .. }
            | StoreKind::Window { .. }
            | StoreKind::Sliding { .. }
            | StoreKind::Session { .. }
    );
    if !is_queryable {
        return alias;
    }
    let (task, name) = (task(subtopology), ident.to_string());
    let find = quote_spanned! {here()=>
        |task| task.downcast_mut::<super::#task>().map(|task| &mut task.#ident)
    };
    quote! {
        #alias
        #[doc = #doc]
        pub const fn #ident() -> ::streams::store::Queryable<#ident> {
            ::streams::store::Queryable::new(
                <super::Topology as ::streams::Topology>::DESCRIPTION,
                #name,
                #subtopology,
                #find,
            )
        }
    }
}

fn global(graph: &Graph, number: usize) -> TokenStream {
    let Some(global) = graph.globals.get(number) else { return TokenStream::new() };
    let (ident, ty) = (&global.ident, table_type(graph, GlobalId(number)));
    let doc = format!("The global table `{ident}`.");
    quote! {
        #[doc = #doc]
        pub const fn #ident() -> ::streams::store::QueryableGlobal<#ty> {
            ::streams::store::QueryableGlobal::new(
                <super::Topology as ::streams::Topology>::DESCRIPTION,
                #number,
            )
        }
    }
}
