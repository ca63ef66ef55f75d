//! From graph to Rust: straight-line code for each source.

mod completion;
mod description;
mod editor;
mod emitter;
mod global;
mod listing;
mod lock;
mod names;
mod punctuation;
mod schemas;
mod source;
mod stores;
mod task;
mod test_driver;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

pub(crate) use emitter::{Emitter, Encoded, Operand, Vars};
pub(crate) use names::{here, name};

use crate::diagnostic::Diagnostics;
use crate::model::Guarantee;
use crate::parse::{Module, Siblings, parse_items, parse_module};
use crate::{check, model};

/// The whole expansion of `#[topology]`.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Diagnostics::default();
    if !arguments.is_empty() {
        let span = syn::spanned::Spanned::span(&arguments);
        errors.error(
            span,
            "`#[topology]` takes no arguments: settings go into `topology! { name = …; }`",
        );
    }
    let Some(module) = parse_module(item.clone(), &mut errors) else {
        let errors = errors.into_tokens();
        // A module in a file is left out: rustc would have errors of its own about it.
        let item =
            if syn::parse2::<syn::ItemMod>(item.clone()).is_ok() { None } else { Some(item) };
        return quote!(#errors #item);
    };
    let Module { attributes, visibility, name, items, body, siblings } = module;
    let items_of_topology = parse_items(body, &mut errors);
    let graph = model::build(name.clone(), items_of_topology, &siblings, &mut errors);
    check::check(&graph, &mut errors);
    let generated = topology(&graph, &siblings);
    let errors = errors.into_tokens();
    let is_inner = |a: &&syn::Attribute| matches!(a.style, syn::AttrStyle::Inner(_));
    let (inner, outer): (Vec<_>, Vec<_>) = attributes.iter().partition(is_inner);
    quote! {
        #(#outer)*
        #visibility mod #name {
            #(#inner)*
            #[allow(unused_imports)]
            use ::streams::prelude::*;
            #(#items)*
            #generated
            // Behind the code: an editor compares it with that of a text in which a name was put in, up to
            // that name.
            #errors
        }
    }
}

fn topology(graph: &model::Graph, siblings: &Siblings) -> TokenStream {
    let tasks: TokenStream = (0..graph.subtopologies()).map(|n| task::task(graph, n)).collect();
    let description = description::description(graph);
    let schemas = schemas::schemas(graph);
    let driver = test_driver::test_driver(graph);
    let assertions = check::co_partitioning::assertions(graph);
    let editor = editor::names(graph);
    let doc = listing::repartitions(graph);
    let exactly_once = matches!(graph.settings.guarantee, Some((Guarantee::ExactlyOnce, _)));
    let exactly_once = exactly_once.then(|| {
        quote!(
            const EXACTLY_ONCE: bool = true;
        )
    });
    let (types, lock_test) = (lock::types(siblings), lock::test());
    let stores = stores::names(graph);
    let globals = global::tables(graph);
    let numbers = 0..graph.subtopologies();
    let fresh = (0..graph.subtopologies()).map(|n| task::value(graph, n));
    quote! {
        #tasks
        #stores

        /// The type of this topology.
        pub enum Topology {}

        impl ::streams::Topology for Topology {
            const DESCRIPTION: &'static ::streams::topology::TopologyDescription = #description;
            #types
            #exactly_once
            #schemas
            #globals

            fn task(subtopology: usize) -> ::std::boxed::Box<dyn ::streams::task::TaskLogic> {
                match subtopology {
                    #(#numbers => ::std::boxed::Box::new(#fresh),)*
                    _ => ::core::panic!("the topology has no sub-topology {subtopology}"),
                }
            }
        }

        /// The application of this topology.
        #[doc = #doc]
        pub fn app() -> ::streams::App<Topology> {
            ::streams::App::new()
        }

        #driver
        #assertions
        #lock_test
        #editor
    }
}
