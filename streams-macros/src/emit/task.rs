//! The task of a sub-topology: its stores as fields, a method for each source, and what the runtime
//! asks of it.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Ident;

use super::completion::Completion;
use super::emitter::{Emitter, Vars, forward_name, method_name};
use super::global::Fields;
use super::names::{self, here};
use super::punctuation::Punctuation;
use super::source;
use crate::model::{Graph, NodeId, Semantics, StoreId, StoreKind};
use crate::ops::{Field, forward, observed_field, unsent_field};

/// The expression of a fresh task.
pub(super) fn value(graph: &Graph, subtopology: usize) -> TokenStream {
    let name = names::task(subtopology);
    let inits = graph.stores_of(subtopology).into_iter().map(|s| init(graph, s));
    let observed = observed(graph, subtopology);
    let beside = fields_beside(graph, subtopology);
    let (field_names, field_inits) =
        (beside.iter().map(|f| &f.name), beside.iter().map(|f| &f.init));
    let global_inits = Fields::new(graph, subtopology).inits;
    quote_spanned! {here()=>
        #name {
            #(#inits,)*
            #(#observed: -1,)*
            #(#field_names: #field_inits,)*
            #(#global_inits,)*
        }
    }
}

/// The type and its implementations. What a task does not have is not written: each function costs the
/// compiler, and there is a task for every sub-topology.
pub(super) fn task(graph: &Graph, subtopology: usize) -> TokenStream {
    let name = names::task(subtopology);
    let stores = graph.stores_of(subtopology);
    let sources = graph.sources_of(subtopology);
    let fields = stores.iter().map(|s| field(graph, *s));
    let observed = observed(graph, subtopology);
    let beside = fields_beside(graph, subtopology);
    let field_names: Vec<&Ident> = beside.iter().map(|f| &f.name).collect();
    let field_types = beside.iter().map(|f| &f.ty);
    let held: Vec<&Ident> = beside.iter().filter(|f| f.memory).map(|f| &f.name).collect();
    let held = (!held.is_empty()).then(|| {
        quote_spanned! {here()=>
            fn held(&self) -> usize {
                0 #(+ self.#held.memory())*
            }
        }
    });
    let Fields { fields: globals, attach, .. } = Fields::new(graph, subtopology);
    let mut e = Emitter::new(graph);
    let (methods, process) = source::process(&mut e, &sources);
    let punctuation = Punctuation::new(&mut e, graph, subtopology);
    let completion = Completion::new(&mut e, graph, subtopology);
    let mut written: Vec<NodeId> = Vec::new();
    let mut merges = TokenStream::new();
    let mut forwards: Vec<NodeId> = Vec::new();
    loop {
        while let Some(node) = e.next_method(&written) {
            written.push(node);
            merges.extend(merge_method(&mut e, node));
        }
        let next = e.deferred().into_iter().find(|(node, _)| !forwards.contains(node));
        let Some((node, nullable)) = next else { break };
        forwards.push(node);
        merges.extend(forward(&mut e, node, nullable));
    }
    // What comes first fills what comes after it.
    forwards.sort_unstable();
    let forwards: Vec<Ident> = forwards.into_iter().map(forward_name).collect();
    let forward = (!forwards.is_empty()).then(|| {
        quote_spanned! {here()=>
            fn forward(
                &mut self,
                cx: &mut ::streams::context::TaskContext,
            ) -> ::streams::Result<()> {
                #(self.#forwards(cx)?;)*
                ::core::result::Result::Ok(())
            }
        }
    });
    let timestamp = source::timestamp(&e, &sources);
    let store_references = stores.iter().map(|s| {
        let ident = &graph.store(*s).ident;
        quote_spanned!(at_state(graph, *s)=> &mut self.#ident)
    });
    let stores = (!stores.is_empty()).then(|| {
        quote_spanned! {here()=>
            fn stores(&mut self) -> ::std::vec::Vec<&mut dyn ::streams::store::StateStore> {
                ::std::vec![#(#store_references),*]
            }
        }
    });
    let (punctuations, functions) = (&punctuation.methods, punctuation.functions());
    let (completions, finishing) = (&completion.methods, completion.functions());
    let allow = allow();
    let own: TokenStream =
        [methods, merges, punctuations.clone(), completions.clone()].into_iter().collect();
    let own = (!own.is_empty()).then(|| {
        quote_spanned! {here()=>
            #allow
            impl #name {
                #own
            }
        }
    });
    let doc = format!("The task of sub-topology {subtopology}.");
    quote_spanned! {here()=>
        #[doc = #doc]
        #[doc(hidden)]
        #[allow(missing_docs, non_snake_case)]
        pub struct #name {
            #(#fields,)*
            #(#observed: i64,)*
            #(#field_names: #field_types,)*
            #(#globals,)*
        }

        #own

        #allow
        impl ::streams::task::TaskLogic for #name {
            #process

            #timestamp

            #functions

            #finishing

            #stores

            #attach

            #forward

            #held
        }
    }
}

/// What straight-line code does that people do not.
fn allow() -> TokenStream {
    quote_spanned! {here()=>
        #[allow(
            clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction, unused_labels, unused_braces,
            unused_parens, for_loops_over_fallibles, unused_variables, unused_mut, unreachable_code,
            unused_assignments, non_snake_case, unused_qualifications, missing_docs
        )]
    }
}

/// The largest-timestamp fields of windowed operators.
fn observed(graph: &Graph, subtopology: usize) -> Vec<Ident> {
    let here = |(_, node): (NodeId, &crate::model::Node)| {
        let store = node.operator.observes()?;
        let part = node.operator.state().map_or(0, |s| s.part);
        Some(observed_field(&graph.store(store).ident, part))
    };
    let mut fields: Vec<Ident> = Vec::new();
    for field in graph.nodes_of(subtopology).filter_map(here) {
        // Both sides of a join have one clock, and all groups of a cogroup.
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    fields
}

/// What the operators keep beside the stores; those of one name are one.
fn fields_beside(graph: &Graph, subtopology: usize) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for (id, node) in graph.nodes_of(subtopology) {
        let unsent = unsent_field(graph, id);
        for field in node.operator.fields(graph).into_iter().chain(unsent) {
            if !fields.iter().any(|f| f.name == field.name) {
                fields.push(field);
            }
        }
    }
    fields
}

/// The type of a store.
pub(super) fn store_type(graph: &Graph, store: StoreId) -> TokenStream {
    let store = graph.store(store);
    let (key, value) = (&store.key, &store.value);
    let (kf, vf) = (&store.key_format.tokens, &store.value_format.tokens);
    match store.kind {
        StoreKind::Unmatched => {
            let right = store.right.as_ref().map(|(ty, _)| ty);
            let rf = store.right.as_ref().map(|(_, format)| &format.tokens);
            quote!(::streams::store::UnmatchedStore<#key, #value, #right, #kf, #vf, #rf>)
        }
        StoreKind::Clock => quote!(::streams::store::ClockStore),
        StoreKind::Subscriptions => quote!(::streams::store::SubscriptionStore),
        StoreKind::Suppress => quote!(::streams::store::SuppressStore<#key, #value, #kf, #vf>),
        StoreKind::KeyValue => quote!(::streams::store::KeyValueStore<#key, #value, #kf, #vf>),
        StoreKind::Versioned { .. } => {
            quote!(::streams::store::VersionedStore<#key, #value, #kf, #vf>)
        }
        StoreKind::JoinBuffer => quote!(::streams::store::JoinBuffer),
        StoreKind::Window { .. } => quote!(::streams::store::WindowStore<#key, #value, #kf, #vf>),
        StoreKind::Sliding { .. } => quote! {
            ::streams::store::SpanStore<::streams::store::WindowSpan, #key, #value, #kf, #vf>
        },
        StoreKind::Session { .. } => quote! {
            ::streams::store::SpanStore<::streams::store::SessionSpan, #key, #value, #kf, #vf>
        },
    }
}

/// Where a store's state has its type: rustc shows there what its format cannot write.
fn at_state(graph: &Graph, id: StoreId) -> Span {
    here().located_at(syn::spanned::Spanned::span(&graph.store(id).value))
}

fn field(graph: &Graph, id: StoreId) -> TokenStream {
    let ty = store_type(graph, id);
    let ident = &graph.store(id).ident;
    quote!(pub #ident: #ty)
}

fn init(graph: &Graph, id: StoreId) -> TokenStream {
    let store = graph.store(id);
    let (ident, name) = (&store.ident, store.name.clone());
    let at = at_state(graph, id);
    let changelog = super::description::written_changelog(graph, store);
    match store.kind {
        StoreKind::Unmatched => {
            quote!(#ident: ::streams::store::UnmatchedStore::new(#name, #changelog))
        }
        StoreKind::JoinBuffer => {
            quote!(#ident: ::streams::store::JoinBuffer::new(#name, #changelog))
        }
        StoreKind::Versioned { retention_ms } => {
            let fault = (graph.settings.semantics == Semantics::KafkaStreams)
                .then(|| quote!(.as_kafka_streams()));
            quote_spanned! {at=>
                #ident: ::streams::store::VersionedStore::new(#name, #changelog, #retention_ms)#fault
            }
        }
        StoreKind::Suppress => {
            quote!(#ident: ::streams::store::SuppressStore::new(#name, #changelog))
        }
        StoreKind::Clock => {
            quote!(#ident: ::streams::store::ClockStore::new(#name, #changelog))
        }
        StoreKind::Subscriptions => {
            quote!(#ident: ::streams::store::SubscriptionStore::new(#name, #changelog))
        }
        StoreKind::KeyValue => {
            quote_spanned!(at=> #ident: ::streams::store::KeyValueStore::new(#name, #changelog))
        }
        StoreKind::Window { retention_ms } => {
            quote_spanned!(at=> #ident: ::streams::store::WindowStore::new(#name, #changelog, #retention_ms))
        }
        StoreKind::Sliding { retention_ms } | StoreKind::Session { retention_ms } => {
            let fault = store
                .lingers(graph.settings.semantics)
                .then(|| quote!(.with_a_cache_as_kafka_streams()));
            quote!(#ident: ::streams::store::SpanStore::new(#name, #changelog, #retention_ms)#fault)
        }
    }
}

fn merge_method(e: &mut Emitter<'_>, id: NodeId) -> TokenStream {
    let method = method_name(id);
    let node = e.graph().node(id);
    let (key, value) = (node.key.clone(), node.value.clone());
    let mut vars = Vars::new();
    vars.key.by_ref = true;
    vars.value.by_ref = true;
    let update = node.operator.takes_update();
    let vars = vars.with_old(node.operator.passes_old() && e.needs_old(id));
    let value_type = match update {
        true => quote_spanned!(here()=> ::core::option::Option<#value>),
        false => quote_spanned!(here()=> #value),
    };
    let old = vars.old.as_ref().map(|old| {
        let old = &old.ident;
        quote_spanned!(here()=> #old: ::core::option::Option<#value>,)
    });
    let body = e.block(|e| e.inside_method(id, &vars));
    quote_spanned! {here()=>
        fn #method(
            &mut self,
            key: &#key,
            value: &#value_type,
            #old
            timestamp: i64,
            source: usize,
            record: &::streams::RecordRef<'_>,
            cx: &mut ::streams::context::TaskContext,
        ) -> ::streams::Result<()> {
            #body
            ::core::result::Result::Ok(())
        }
    }
}
