//! The topology as data, for everything that does not process records.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::emitter::policy;
use crate::model::{
    Global, Graph, Kept, Node, NodeId, Store, StoreKind, Topic, TopicId, TopicRole, text,
};

/// An expression of type `&'static TopologyDescription`.
pub(super) fn description(graph: &Graph) -> TokenStream {
    let name = graph.name.to_string();
    let topics = graph.topics.iter().map(topic);
    let subtopologies = (0..graph.subtopologies()).map(|n| subtopology(graph, n));
    let globals = graph.globals.iter().map(global);
    let on_error = policy(graph.policies.processing);
    quote! {
        &::streams::topology::TopologyDescription {
            name: #name,
            topics: &[#(#topics),*],
            subtopologies: &[#(#subtopologies),*],
            globals: &[#(#globals),*],
            on_error: #on_error,
        }
    }
}

fn option<T: quote::ToTokens>(value: Option<T>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

/// The number of a store's changelog, if it has one.
fn changelog(store: &Store) -> TokenStream {
    option(store.changelog.map(index))
}

/// The number of the topic that a store writes its changes to, if there is one: nothing is written to a
/// source, from which they came.
pub(super) fn written_changelog(graph: &Graph, store: &Store) -> TokenStream {
    let written = |topic: &TopicId| matches!(graph.topic(*topic).role, TopicRole::Changelog(_));
    option(store.changelog.filter(written).map(index))
}

fn index(topic: TopicId) -> TokenStream {
    let topic = topic.0 as u16;
    quote!(::streams::__private::TopicIndex(#topic))
}

fn topic(topic: &Topic) -> TokenStream {
    let name = &topic.name;
    let role = match topic.role {
        TopicRole::Source => quote!(Source),
        TopicRole::Sink => quote!(Sink),
        TopicRole::DeadLetter => quote!(DeadLetter),
        TopicRole::Repartition => quote!(Repartition),
        TopicRole::Changelog(kept) => {
            let (retention, history) = match kept {
                Kept::Latest => (None, None),
                Kept::Windows(ms) => (Some(ms), None),
                Kept::History(ms) => (None, Some(ms)),
            };
            let (retention, history) = (option(retention), option(history));
            quote!(Changelog { retention_ms: #retention, history_ms: #history })
        }
    };
    // With its type written, rustc shows another one at the user's expression.
    let partitions = topic.partitions.as_ref();
    let partitions = option(partitions.map(|p| {
        let i32 = quote_spanned!(p.span()=> i32);
        quote!({ let partitions: #i32 = #p; partitions })
    }));
    let (key_type, value_type) = (text(&topic.key), text(&topic.value));
    let (key_format, value_format) = (&topic.key_format.name, &topic.value_format.name);
    quote! {
        ::streams::topology::TopicDescription {
            name: #name,
            role: ::streams::topology::TopicRole::#role,
            partitions: #partitions,
            key_type: #key_type,
            value_type: #value_type,
            key_format: #key_format,
            value_format: #value_format,
        }
    }
}

/// The topics that a node writes.
fn written<'g>(graph: &'g Graph, node: &'g Node) -> impl Iterator<Item = TopicId> + 'g {
    let sinks = node.operator.sinks().into_iter().map(|sink| graph.sink(sink).topic);
    sinks.chain(node.operator.topic())
}

fn global(global: &Global) -> TokenStream {
    let (name, topic, memory) = (global.ident.to_string(), global.topic.0 as u16, global.memory);
    let (on_error, doc) = (policy(global.on_error), &global.doc);
    quote! {
        ::streams::topology::GlobalDescription {
            name: #name,
            topic: ::streams::__private::TopicIndex(#topic),
            memory: #memory,
            on_error: #on_error,
            doc: #doc,
        }
    }
}

fn subtopology(graph: &Graph, number: usize) -> TokenStream {
    let sources = graph.sources_of(number).into_iter().map(|id| {
        let source = graph.source(id);
        let (name, topic, table) = (&source.name, source.topic.0 as u16, source.table);
        let extractor = source.time.is_some();
        let leads_to = graph.leads_to(source.node);
        let leads_to = leads_to.iter().map(|t| t.0 as u16);
        let reset = if source.latest { quote!(Latest) } else { quote!(Earliest) };
        quote! {
            ::streams::topology::SourceDescription {
                name: #name,
                topic: ::streams::__private::TopicIndex(#topic),
                table: #table,
                extractor: #extractor,
                reset: ::streams::topology::Reset::#reset,
                leads_to: &[#(::streams::__private::TopicIndex(#leads_to)),*],
            }
        }
    });
    let stores = graph.stores_of(number).into_iter().map(|id| {
        let store = graph.store(id);
        let (name, memory) = (store.name.clone(), store.memory);
        let changelog = changelog(store);
        let doc = &store.doc;
        let kind = match store.kind {
            StoreKind::KeyValue
            | StoreKind::Unmatched
            | StoreKind::JoinBuffer
            | StoreKind::Suppress
            | StoreKind::Clock
            | StoreKind::Subscriptions => quote!(KeyValue),
            StoreKind::Versioned { .. } => quote!(Versioned),
            StoreKind::Window { .. } | StoreKind::Sliding { .. } => quote!(Window),
            StoreKind::Session { .. } => quote!(Session),
        };
        quote! {
            ::streams::topology::StoreDescription {
                name: #name,
                kind: ::streams::topology::StoreKind::#kind,
                changelog: #changelog,
                memory: #memory,
                doc: #doc,
            }
        }
    });
    let mut sinks: Vec<u16> = Vec::new();
    for (_, node) in graph.nodes_of(number) {
        sinks.extend(written(graph, node).map(|t| t.0 as u16));
    }
    sinks.extend(graph.dead_letters_of(number).iter().map(|t| t.0 as u16));
    sinks.sort_unstable();
    sinks.dedup();
    let mut nodes = String::new();
    for (id, node) in graph.nodes_of(number) {
        packed(graph, id, node, &mut nodes);
    }
    quote! {
        ::streams::topology::SubtopologyDescription {
            sources: &[#(#sources),*],
            stores: &[#(#stores),*],
            sinks: &[#(::streams::__private::TopicIndex(#sinks)),*],
            nodes: ::streams::topology::Nodes(#nodes),
        }
    }
}

/// Adds a node to a text as `streams::topology::Nodes` reads it.
fn packed(graph: &Graph, id: NodeId, node: &Node, out: &mut String) {
    const NODE_END: char = '\u{1e}';
    const PART_END: char = '\u{1f}';
    const NAME_END: char = '\u{1d}';
    let mut part = |text: &str, end: char| {
        out.extend(text.chars().filter(|c| !matches!(*c, NODE_END | PART_END | NAME_END)));
        out.push(end);
    };
    part(&node.name, PART_END);
    part(node.operator.word(), PART_END);
    let read = match node.inputs.as_slice() {
        [] => graph.sources.iter().find(|source| source.node == id).map(|s| s.topic),
        _ => None,
    };
    let topic = read.or_else(|| written(graph, node).next());
    part(&topic.map_or_else(String::new, |topic| topic.0.to_string()), PART_END);
    node.inputs.iter().for_each(|input| part(&graph.node(*input).name, NAME_END));
    part("", PART_END);
    node.operator.stores().iter().for_each(|store| part(&graph.store(*store).name, NAME_END));
    part("", PART_END);
    part(&node.doc, NODE_END);
}
