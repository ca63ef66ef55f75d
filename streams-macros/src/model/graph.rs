//! The graph as data.

#![expect(clippy::indexing_slicing, reason = "ids come from the graph that they index")]

use proc_macro2::{Span, TokenStream};
use syn::{Expr, Ident, Type};

use super::format::Format;
use super::on_error::{InvalidTime, OnError, OnErrors};
use super::settings::Settings;
use crate::ops::Operator;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) struct $name(pub(crate) usize);
    )* };
}

ids!(
    /// A node of the graph.
    NodeId,
    /// A topic; its number is its `TopicIndex`.
    TopicId,
    /// An input: a declared one, or the reading side of a repartition topic.
    SourceId,
    /// A sink.
    SinkId,
    /// A store.
    StoreId
);

/// The whole topology.
pub(crate) struct Graph {
    pub(crate) name: Ident,
    pub(crate) settings: Settings,
    /// What becomes of records that fail, where nothing nearer says so.
    pub(crate) policies: OnErrors,
    pub(crate) topics: Vec<Topic>,
    pub(crate) sources: Vec<Source>,
    pub(crate) sinks: Vec<Sink>,
    pub(crate) stores: Vec<Store>,
    pub(crate) nodes: Vec<Node>,
    /// By node: the number of its sub-topology.
    pub(crate) subtopology: Vec<usize>,
    pub(crate) subtopologies: usize,
}

/// A node: an operator at its place.
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) span: Span,
    pub(crate) operator: Box<dyn Operator>,
    pub(crate) inputs: Vec<NodeId>,
    /// In the order of declaration.
    pub(crate) consumers: Vec<NodeId>,
    /// Types of what it gives on, where they are known.
    pub(crate) key: Option<Type>,
    pub(crate) value: Option<Type>,
    /// What becomes of records that fail here, where that is said.
    pub(crate) on_error: Option<OnError>,
}

/// What a topic is to the topology.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TopicRole {
    Source,
    Sink,
    Repartition,
    DeadLetter,
    Changelog(Option<i64>),
}

/// A topic.
pub(crate) struct Topic {
    /// An expression of type `&'static str`.
    pub(crate) name: TokenStream,
    pub(crate) role: TopicRole,
    pub(crate) partitions: Option<Expr>,
    pub(crate) key: Type,
    pub(crate) value: Type,
    pub(crate) key_format: Format,
    pub(crate) value_format: Format,
}

/// An input.
pub(crate) struct Source {
    pub(crate) name: String,
    /// Where it is declared; the operator, for a repartition topic.
    pub(crate) ident: Ident,
    pub(crate) topic: TopicId,
    pub(crate) table: bool,
    pub(crate) time: Option<Expr>,
    pub(crate) latest: bool,
    /// What becomes of records that cannot be read.
    pub(crate) on_error: OnError,
    pub(crate) invalid_time: InvalidTime,
    pub(crate) node: NodeId,
}

/// A sink.
pub(crate) struct Sink {
    pub(crate) ident: Ident,
    pub(crate) table: bool,
    pub(crate) topic: TopicId,
    pub(crate) written: bool,
    /// What becomes of records that cannot be written.
    pub(crate) on_error: OnError,
}

/// Kinds of stores.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreKind {
    KeyValue,
    Window {
        retention_ms: i64,
    },
    /// Windows by span: sliding ones.
    Sliding {
        retention_ms: i64,
    },
    Session {
        retention_ms: i64,
    },
    /// Records of a stream join without a partner.
    Unmatched,
}

/// A store.
pub(crate) struct Store {
    pub(crate) ident: Ident,
    /// Its name in topics and for people.
    pub(crate) name: String,
    /// The right stream's values, of a join's unmatched records.
    pub(crate) right: Option<(Type, Format)>,
    pub(crate) kind: StoreKind,
    pub(crate) key: Type,
    /// The type of what is kept: `S` also for a store declared with `Option<S>`.
    pub(crate) value: Type,
    /// Declared as `Option<S>`: a state that is `None` is deleted.
    pub(crate) optional: bool,
    pub(crate) key_format: Format,
    pub(crate) value_format: Format,
    pub(crate) memory: bool,
    pub(crate) changelog: TopicId,
    /// The operator that writes it.
    pub(crate) user: Option<Span>,
}

impl Graph {
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    pub(crate) fn store(&self, id: StoreId) -> &Store {
        &self.stores[id.0]
    }

    pub(crate) fn topic(&self, id: TopicId) -> &Topic {
        &self.topics[id.0]
    }

    pub(crate) fn sink(&self, id: SinkId) -> &Sink {
        &self.sinks[id.0]
    }

    pub(crate) fn source(&self, id: SourceId) -> &Source {
        &self.sources[id.0]
    }

    pub(crate) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0]
    }

    pub(crate) fn store_mut(&mut self, id: StoreId) -> &mut Store {
        &mut self.stores[id.0]
    }

    pub(crate) fn sink_mut(&mut self, id: SinkId) -> &mut Sink {
        &mut self.sinks[id.0]
    }

    /// The inputs of a sub-topology, in order; a place in this list is the source's number.
    pub(crate) fn sources_of(&self, subtopology: usize) -> Vec<SourceId> {
        let of = |s: &Source| self.subtopology.get(s.node.0) == Some(&subtopology);
        (0..self.sources.len()).map(SourceId).filter(|id| of(self.source(*id))).collect()
    }

    /// The stores of a sub-topology, in order.
    pub(crate) fn stores_of(&self, subtopology: usize) -> Vec<StoreId> {
        let mut stores: Vec<StoreId> = Vec::new();
        for (node, at) in self.nodes.iter().zip(&self.subtopology) {
            if *at == subtopology {
                stores.extend(node.operator.stores());
            }
        }
        stores.sort_unstable();
        stores.dedup();
        stores
    }
}
