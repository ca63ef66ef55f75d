//! The typed test driver: a handle for every topic and store.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, Type};

use super::names;
use super::task::store_type;
use crate::model::{Graph, StoreId, Topic, TopicId, TopicRole, borrowed_to_owned, option_of};

/// The type `TestDriver` and the function `test_driver()`. All of it is inline, so that a program that
/// tests nothing compiles none of it.
pub(super) fn test_driver(graph: &Graph) -> TokenStream {
    let inputs = graph.sources.iter().filter_map(|s| handle(graph, &s.ident, s.topic));
    let globals = graph.globals.iter().filter_map(|g| handle(graph, &g.ident, g.topic));
    let outputs = graph.sinks.iter().filter_map(|s| handle(graph, &s.ident, s.topic));
    let stores = (0..graph.subtopologies())
        .flat_map(|n| graph.stores_of(n).into_iter().filter_map(move |id| store(graph, n, id)));
    quote! {
        /// The topology under test: a handle for every topic and store.
        pub struct TestDriver(::streams::test_driver::Driver);

        /// A fresh instance of the topology for a test: empty stores, the wall clock at 0.
        #[inline]
        pub fn test_driver() -> TestDriver {
            TestDriver(::streams::__private::driver::<Topology>())
        }

        #[allow(dead_code, clippy::type_complexity)]
        impl TestDriver {
            #(#inputs)*
            #(#globals)*
            #(#outputs)*
            #(#stores)*
        }

        impl ::core::ops::Deref for TestDriver {
            type Target = ::streams::test_driver::Driver;

            #[inline]
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl ::core::ops::DerefMut for TestDriver {
            #[inline]
            fn deref_mut(&mut self) -> &mut Self::Target {
                &mut self.0
            }
        }
    }
}

fn handle(graph: &Graph, ident: &Ident, id: TopicId) -> Option<TokenStream> {
    let topic = graph.topic(id);
    let Topic { name, key_format, value_format, .. } = topic;
    let (key, value) = (plain(&topic.key), plain(&topic.value));
    let (kf, vf) = (&key_format.tokens, &value_format.tokens);
    let (ty, doc) = match topic.role {
        TopicRole::Source => (quote!(InputTopic), format!("Pipes records into `{ident}`.")),
        TopicRole::Sink => (quote!(OutputTopic), format!("Reads what was written to `{ident}`.")),
        TopicRole::Repartition | TopicRole::DeadLetter | TopicRole::Changelog(_) => return None,
    };
    Some(quote! {
        #[doc = #doc]
        #[inline]
        pub fn #ident(&mut self) -> ::streams::test_driver::#ty<'_, #key, #value, #kf, #vf> {
            ::streams::test_driver::#ty::new(&mut self.0, #name)
        }
    })
}

/// A type as a test holds it: owned, and without the `Option` of nulls.
fn plain(ty: &Type) -> Type {
    borrowed_to_owned(option_of(ty).unwrap_or(ty))
}

fn store(graph: &Graph, subtopology: usize, id: StoreId) -> Option<TokenStream> {
    let ident = &graph.store(id).ident;
    // A table's name is its topic's handle.
    if graph.sources.iter().any(|s| s.ident == *ident && s.table) {
        return None;
    }
    let (task, ty) = (names::task(subtopology), store_type(graph, id));
    let doc = format!("The store `{ident}`.");
    Some(quote! {
        #[doc = #doc]
        #[inline]
        pub fn #ident(&mut self) -> &mut #ty {
            &mut self.0.task::<#task>(#subtopology).#ident
        }
    })
}
