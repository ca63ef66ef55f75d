//! What editors need and compilers do not: every name of the language where it is used, beside what it
//! stands for. With that, go-to-definition, references, hover and rename reach streams, sinks, stores and
//! operators. Streams named by `let` are fields here; the others have handles in the test driver.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use crate::model::Graph;

pub(super) fn names(graph: &Graph) -> TokenStream {
    let mut known: BTreeSet<String> = BTreeSet::new();
    let fields: Vec<&Ident> =
        graph.lets.iter().filter(|name| known.insert(name.to_string())).collect();
    let in_driver: BTreeSet<String> = {
        let sources = graph.sources.iter().map(|s| &s.ident);
        let sinks = graph.sinks.iter().map(|s| &s.ident);
        let stores = (0..graph.subtopologies()).flat_map(|n| graph.stores_of(n));
        let stores: Vec<&Ident> = stores.map(|id| &graph.store(id).ident).collect();
        sources.chain(sinks).chain(stores).map(ToString::to_string).collect()
    };
    // A name that is being typed is none yet, and may become one of the driver's.
    let uses = graph.uses.iter().map(|name| {
        let text = name.to_string();
        if known.contains(&text) && !in_driver.contains(&text) {
            quote!(let _ = names.#name;)
        } else {
            quote!(let _ = TestDriver::#name;)
        }
    });
    // The word alone has the user's place: an editor takes the first token that lies there.
    let words = graph.words.iter().map(|word| match word {
        Some(word) => quote!(::streams::__private::operators().#word;),
        None => quote!(::streams::__private::operators();),
    });
    // Nothing leads to them: they are only where they stand.
    let mut told: BTreeSet<String> = BTreeSet::new();
    let labels = graph.labels.iter().filter(|label| told.insert(label.to_string()));
    let labels = (!graph.labels.is_empty()).then(|| {
        quote! {
            #[cfg(rust_analyzer)]
            struct Labels {
                #(#labels: (),)*
            }
        }
    });
    let types = &graph.let_types;
    quote! {
        #[allow(unexpected_cfgs)]
        const _: () = {
            #[cfg(rust_analyzer)]
            struct Names {
                #(#fields: (),)*
            }

            #labels

            #[cfg(rust_analyzer)]
            fn names(names: &Names) {
                #(#uses)*
                #(#words)*
                #(let _: ::core::option::Option<fn(#types)>;)*
            }
        };
    }
}
