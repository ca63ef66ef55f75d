//! The task of a sub-topology: its stores as fields, a method for each source, and what the runtime
//! asks of it.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;

use super::completion::Completion;
use super::emitter::{Emitter, Vars, forward_name, method_name, policy};
use super::global::Fields;
use super::names::{self, here};
use super::punctuation::Punctuation;
use crate::model::{
    Graph, InvalidTime, NodeId, OnError, Semantics, SourceId, StoreId, StoreKind, option_of,
};
use crate::ops::{Field, forward, observed_field, unsent_field};
use crate::rewrite::{Function, Parameters};

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
    let (methods, process) = process(&mut e, &sources);
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
    let timestamp = timestamp(&e, &sources);
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

/// The methods of the sources, and the function of `TaskLogic` that calls them. The only source has none
/// of its own.
fn process(e: &mut Emitter<'_>, sources: &[SourceId]) -> (TokenStream, TokenStream) {
    if let [only] = sources {
        let body = source_body(e, 0, *only);
        let process = quote_spanned! {here()=>
            fn process(
                &mut self,
                _: usize,
                record: &::streams::RecordRef<'_>,
                given: ::core::option::Option<i64>,
                cx: &mut ::streams::context::TaskContext,
            ) -> ::streams::Result<()> {
                #body
            }
        };
        return (TokenStream::new(), process);
    }
    let methods = sources.iter().enumerate().map(|(n, s)| source_method(e, n, *s)).collect();
    // The last takes every number that is left: a task is not given others.
    let last = sources.len().saturating_sub(1);
    let numbers = (0..sources.len()).map(|n| if n < last { quote!(#n) } else { quote!(_) });
    let names: Vec<Ident> = sources.iter().map(|s| method_of(e.graph(), *s)).collect();
    let process = quote_spanned! {here()=>
        fn process(
            &mut self,
            source: usize,
            record: &::streams::RecordRef<'_>,
            timestamp: ::core::option::Option<i64>,
            cx: &mut ::streams::context::TaskContext,
        ) -> ::streams::Result<()> {
            match source {
                #(#numbers => self.#names(record, timestamp, cx),)*
            }
        }
    };
    (methods, process)
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

fn method_of(graph: &Graph, id: SourceId) -> Ident {
    let source = graph.source(id);
    let name: String =
        source.name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    format_ident!("source_{}", name, span = here())
}

/// The bindings of a record's key and value.
fn decode(e: &Emitter<'_>, id: SourceId, on_error: &TokenStream) -> TokenStream {
    let graph = e.graph();
    let source = graph.source(id);
    let topic = graph.topic(source.topic);
    let one = |part: &str, ty: &syn::Type, format: &TokenStream, nullable: bool| {
        let name = names::name(part);
        let call = match (option_of(ty), nullable) {
            (Some(inner), _) => quote_spanned! {here()=>
                ::streams::__private::decode_nullable::<#format, #inner>(record.#name)
            },
            (None, true) => quote_spanned! {here()=>
                ::streams::__private::decode_nullable::<#format, #ty>(record.#name)
            },
            (None, false) => {
                let function = format_ident!("decode_{}", part, span = here());
                quote_spanned!(here()=> ::streams::__private::#function::<#format, #ty>(record))
            }
        };
        quote_spanned! {here()=>
            let #name = match #call {
                ::core::result::Result::Ok(decoded) => decoded,
                ::core::result::Result::Err(error) => return #on_error,
            };
        }
    };
    let key = one("key", &topic.key, &topic.key_format.tokens, false);
    let value = one("value", &topic.value, &topic.value_format.tokens, source.table);
    quote_spanned!(here()=> #key #value)
}

/// The call of a source's `time = …`.
fn extract(e: &Emitter<'_>, id: SourceId) -> Option<(TokenStream, bool)> {
    let source = e.graph().source(id);
    let time = source.time.clone()?;
    // Its parameters were checked in the check pass.
    let function = Function::read(time, &crate::parse::Siblings::default()).ok()?;
    let vars = Vars::new();
    let value = vars.value.reference();
    let parameters = Parameters {
        required: vec![value],
        key: vars.key.reference(),
        context: quote_spanned!(here()=> &cx.closure_context(source, record, record.timestamp)),
    };
    let inlined = function.inline(&parameters);
    Some((inlined.tokens, inlined.fallible))
}

fn source_method(e: &mut Emitter<'_>, number: usize, id: SourceId) -> TokenStream {
    let method = method_of(e.graph(), id);
    let body = source_body(e, number, id);
    quote_spanned! {here()=>
        #[inline]
        fn #method(
            &mut self,
            record: &::streams::RecordRef<'_>,
            given: ::core::option::Option<i64>,
            cx: &mut ::streams::context::TaskContext,
        ) -> ::streams::Result<()> {
            #body
        }
    }
}

/// What becomes of a record of a source.
fn source_body(e: &mut Emitter<'_>, number: usize, id: SourceId) -> TokenStream {
    let begin = plain(e.graph(), id).unwrap_or_else(|| begin(e, id));
    let saw = e
        .graph()
        .follows_partition_time(id)
        .then(|| quote_spanned!(here()=> cx.advance_partition_time(source, timestamp);));
    let vars = Vars::new();
    let node = e.graph().source(id).node;
    let body = e.block(|e| e.node(node, &vars));
    quote_spanned! {here()=>
        let source: usize = #number;
        #begin
        #saw
        #body
        ::core::result::Result::Ok(())
    }
}

/// Binds key, value and timestamp of a record, or returns. Sources whose records have all of them, and are
/// taken as they are, do it by one call.
fn plain(graph: &Graph, id: SourceId) -> Option<TokenStream> {
    let source = graph.source(id);
    let topic = graph.topic(source.topic);
    let InvalidTime::OnError(invalid) = source.invalid_time else { return None };
    if source.table
        || source.time.is_some()
        || [&topic.key, &topic.value].into_iter().any(|ty| option_of(ty).is_some())
    {
        return None;
    }
    let (on_error, invalid) = (policy(source.on_error), policy(invalid));
    let (key, kf) = (&topic.key, &topic.key_format.tokens);
    let (value, vf) = (&topic.value, &topic.value_format.tokens);
    Some(quote_spanned! {here()=>
        let ::core::option::Option::Some((key, value, timestamp)) =
            ::streams::__private::open::<#kf, #key, #vf, #value>(
                source, record, given, #on_error, #invalid, cx
            )?
        else {
            return ::core::result::Result::Ok(());
        };
    })
}

/// The same for all other sources, written out.
fn begin(e: &Emitter<'_>, id: SourceId) -> TokenStream {
    let on_error = policy(e.graph().source(id).on_error);
    let reject = quote_spanned!(here()=> cx.reject(source, record, error, #on_error));
    let null_key = e.graph().source(id).table.then(|| {
        quote_spanned! {here()=>
            if record.key.is_none() {
                cx.counters.dropped_null += 1;
                return ::core::result::Result::Ok(());
            }
        }
    });
    let decode = decode(e, id, &reject);
    let name = e.graph().node(e.graph().source(id).node).name.clone();
    let (valid, invalid) = match e.graph().source(id).invalid_time {
        InvalidTime::OnError(on_error) => (None, policy(on_error)),
        InvalidTime::PartitionTime => (
            Some(quote_spanned! {here()=>
                let timestamp = cx.or_partition_time(source, timestamp);
            }),
            policy(OnError::Fail),
        ),
    };
    let extracted = match extract(e, id) {
        None => quote_spanned!(here()=> record.timestamp),
        Some((tokens, false)) => quote_spanned!(here()=> { let time: i64 = #tokens; time }),
        Some((tokens, true)) => quote_spanned! {here()=>
            match #tokens {
                ::core::result::Result::Ok(time) => { let time: i64 = time; time }
                ::core::result::Result::Err(error) => {
                    return cx.failed(source, record, #name, error, #on_error);
                }
            }
        },
    };
    quote_spanned! {here()=>
        #null_key
        #decode
        let timestamp: i64 = match given {
            ::core::option::Option::Some(given) => given,
            ::core::option::Option::None => #extracted,
        };
        #valid
        if !cx.begin(source, record, timestamp, #invalid)? {
            return ::core::result::Result::Ok(());
        }
    }
}

/// The method for sources with `time = …`, where there are some.
fn timestamp(e: &Emitter<'_>, sources: &[SourceId]) -> Option<TokenStream> {
    let arms = sources.iter().enumerate().filter_map(|(n, s)| timestamp_arm(e, n, *s));
    let arms: Vec<TokenStream> = arms.collect();
    if arms.is_empty() {
        return None;
    }
    Some(quote_spanned! {here()=>
        fn timestamp(
            &mut self,
            source: usize,
            record: &::streams::RecordRef<'_>,
            cx: &mut ::streams::context::TaskContext,
        ) -> ::streams::Result<i64> {
            match source {
                #(#arms)*
                _ => ::core::result::Result::Ok(record.timestamp),
            }
        }
    })
}

fn timestamp_arm(e: &Emitter<'_>, number: usize, id: SourceId) -> Option<TokenStream> {
    let (tokens, fallible) = extract(e, id)?;
    let decode = decode(e, id, &quote_spanned!(here()=> ::core::result::Result::Err(error)));
    let name = e.graph().node(e.graph().source(id).node).name.clone();
    let result = if fallible {
        quote_spanned! {here()=>
            #tokens.map_err(|error| ::streams::__private::processing_error(#name, error))
        }
    } else {
        quote_spanned!(here()=> { let time: i64 = #tokens; ::core::result::Result::Ok(time) })
    };
    Some(quote_spanned! {here()=> #number => { #decode #result } })
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
