//! A name for the type of each store, for processors: `stores::name`.

use proc_macro2::TokenStream;
use quote::quote;

use super::task::store_type;
use crate::model::{Graph, StoreId};

/// The module `stores`, where there are processors with stores.
pub(super) fn aliases(graph: &Graph) -> Option<TokenStream> {
    let has_processors = |n: &crate::model::Node| {
        let word = n.operator.word();
        matches!(word, "process" | "process_values") && !n.operator.stores().is_empty()
    };
    if !graph.nodes.iter().any(has_processors) {
        return None;
    }
    let aliases = graph.stores.iter().enumerate().map(|(id, store)| {
        let (ident, ty) = (&store.ident, store_type(graph, StoreId(id)));
        let doc = format!("The store `{ident}`.");
        quote! {
            #[doc = #doc]
            pub type #ident = #ty;
        }
    });
    Some(quote! {
        /// The types of the stores, as processors are given them.
        #[allow(dead_code, non_camel_case_types, private_interfaces, unused_imports)]
        pub mod stores {
            use super::*;

            #(#aliases)*
        }
    })
}
