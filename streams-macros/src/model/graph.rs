//! The graph as data.

#![expect(clippy::indexing_slicing, reason = "ids come from the graph that they index")]

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use syn::{Expr, Ident, Type};

use super::format::Format;
use super::on_error::{InvalidTime, OnError, OnErrors};
use super::settings::{Semantics, Settings};
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
    StoreId,
    /// A global table; its number is that in the description.
    GlobalId
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
    pub(crate) globals: Vec<Global>,
    pub(crate) stores: Vec<Store>,
    pub(crate) nodes: Vec<Node>,
    /// Names that `let` declares.
    pub(crate) lets: Vec<Ident>,
    /// The types that `let` declares them with, for editors.
    pub(crate) let_types: Vec<Type>,
    /// Names where they are used, for editors.
    pub(crate) uses: Vec<Ident>,
    /// Names that stand only where they are declared: of joins, repartition topics, buffers.
    pub(crate) labels: Vec<Ident>,
    /// Words of operators where they are called, for editors; none where one is about to be typed.
    pub(crate) words: Vec<Option<Ident>>,
    /// Where a chain stops because of an error.
    pub(crate) cut: BTreeSet<NodeId>,
    /// What was made of a branch of which only the beginning could be read.
    pub(crate) half_read: BTreeSet<NodeId>,
    /// The repartition topics, in the order of the operators that need them.
    pub(crate) repartitions: Vec<Repartition>,
    /// By node: the number of its sub-topology.
    pub(crate) subtopology: Vec<usize>,
    /// By sub-topology: its nodes, in order.
    pub(super) members: Vec<Vec<NodeId>>,
}

/// A repartition topic, and why it is there.
pub(crate) struct Repartition {
    pub(crate) topic: TopicId,
    /// The store, join or name that needs it.
    pub(crate) at: Ident,
    /// The node that writes it.
    pub(crate) node: NodeId,
    /// False if it was asked for.
    pub(crate) implicit: bool,
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
    Changelog(Kept),
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
    pub(crate) doc: String,
    pub(crate) table: bool,
    pub(crate) topic: TopicId,
    pub(crate) written: bool,
    /// What becomes of records that cannot be written.
    pub(crate) on_error: OnError,
    /// What it writes may come back through a source.
    pub(crate) feedback: bool,
}

/// A table that every process reads whole.
pub(crate) struct Global {
    pub(crate) ident: Ident,
    pub(crate) doc: String,
    pub(crate) topic: TopicId,
    pub(crate) key: Type,
    pub(crate) value: Type,
    pub(crate) key_format: Format,
    pub(crate) value_format: Format,
    pub(crate) memory: bool,
    /// What becomes of records that cannot be read; never a dead letter.
    pub(crate) on_error: OnError,
}

/// How long a changelog's records matter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// The latest of each key, for ever.
    Latest,
    /// Rows of windows, for so many milliseconds of event time.
    Windows(i64),
    /// The latest of each key, and what was before it for so many milliseconds of event time.
    History(i64),
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
    /// Values over time.
    Versioned {
        retention_ms: i64,
    },
    /// Records of a stream join without a partner.
    Unmatched,
    /// Records of a stream that wait for a versioned table.
    JoinBuffer,
    /// Updates that `suppress` holds back.
    Suppress,
    /// An operator's clock.
    Clock,
    /// Left rows of a foreign-key join, by their foreign keys.
    Subscriptions,
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
    /// Of updates, the last of each key is given on at each commit.
    pub(crate) on_commit: bool,
    /// Its history, unless it is not logged.
    pub(crate) changelog: Option<TopicId>,
    /// The operator that writes it.
    pub(crate) user: Option<Span>,
    pub(crate) doc: String,
    /// A processor uses it, too.
    pub(crate) shared: bool,
}

impl Topic {
    /// True if one of its formats has an error.
    pub(crate) fn has_unknown_format(&self) -> bool {
        self.key_format.is_unknown() || self.value_format.is_unknown()
    }
}

impl Store {
    /// True for sessions with Kafka Streams' record cache, which shows what has expired.
    pub(crate) fn lingers(&self, semantics: Semantics) -> bool {
        let session = matches!(self.kind, StoreKind::Session { .. });
        session && self.on_commit && semantics == Semantics::KafkaStreams
    }
}

impl StoreKind {
    /// For messages: "a key-value store", …
    pub(crate) fn what(self) -> &'static str {
        match self {
            StoreKind::KeyValue => "a key-value store",
            StoreKind::Window { .. } | StoreKind::Sliding { .. } => "a window store",
            StoreKind::Session { .. } => "a session store",
            StoreKind::Versioned { .. } => "a versioned store",
            StoreKind::Unmatched | StoreKind::JoinBuffer => "a buffer of a join",
            StoreKind::Suppress => "a buffer of `suppress`",
            StoreKind::Clock => "a clock",
            StoreKind::Subscriptions => "a store of subscriptions",
        }
    }

    /// What its changelog keeps.
    pub(crate) fn kept(self) -> Kept {
        match self {
            StoreKind::KeyValue
            | StoreKind::Unmatched
            | StoreKind::JoinBuffer
            | StoreKind::Suppress
            | StoreKind::Clock
            | StoreKind::Subscriptions => Kept::Latest,
            StoreKind::Window { retention_ms }
            | StoreKind::Sliding { retention_ms }
            | StoreKind::Session { retention_ms } => Kept::Windows(retention_ms),
            StoreKind::Versioned { retention_ms } => Kept::History(retention_ms),
        }
    }
}

impl Graph {
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    pub(crate) fn store(&self, id: StoreId) -> &Store {
        &self.stores[id.0]
    }

    pub(crate) fn global(&self, id: GlobalId) -> &Global {
        &self.globals[id.0]
    }

    /// The global tables that a sub-topology looks rows up in, in order.
    pub(crate) fn globals_of(&self, subtopology: usize) -> Vec<GlobalId> {
        let mut globals: Vec<GlobalId> =
            self.nodes_of(subtopology).filter_map(|(_, node)| node.operator.global()).collect();
        globals.sort_unstable();
        globals.dedup();
        globals
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

    /// True if somebody behind a table's node needs what a key had before its update.
    pub(crate) fn needs_old(&self, node: NodeId) -> bool {
        self.node(node).consumers.iter().any(|c| {
            let operator = &self.node(*c).operator;
            operator.wants_old() || (operator.passes_old() && self.needs_old(*c))
        })
    }

    /// The topics that a node and those behind it write, in order.
    pub(crate) fn leads_to(&self, node: NodeId) -> Vec<TopicId> {
        let (mut next, mut seen, mut topics) = (vec![node], vec![node], Vec::new());
        while let Some(id) = next.pop() {
            let node = self.node(id);
            topics.extend(node.operator.sinks().iter().map(|sink| self.sink(*sink).topic));
            topics.extend(node.operator.topic());
            for consumer in &node.consumers {
                if !seen.contains(consumer) {
                    seen.push(*consumer);
                    next.push(*consumer);
                }
            }
        }
        topics.sort_unstable();
        topics.dedup();
        topics
    }

    /// How many sub-topologies there are.
    pub(crate) fn subtopologies(&self) -> usize {
        self.members.len()
    }

    /// The nodes of a sub-topology, in order.
    pub(crate) fn nodes_of(&self, subtopology: usize) -> impl Iterator<Item = (NodeId, &Node)> {
        let members = self.members.get(subtopology).into_iter().flatten();
        members.map(|id| (*id, self.node(*id)))
    }

    /// The inputs of a sub-topology, in order; a place in this list is the source's number.
    pub(crate) fn sources_of(&self, subtopology: usize) -> Vec<SourceId> {
        let of = |s: &Source| self.subtopology.get(s.node.0) == Some(&subtopology);
        (0..self.sources.len()).map(SourceId).filter(|id| of(self.source(*id))).collect()
    }

    /// True if what the compiler would say of a node follows from an error: it was only half read, or
    /// nothing takes what it gives, because of an error behind it, and the types of that are not written.
    pub(crate) fn is_cut(&self, id: NodeId) -> bool {
        if self.half_read.contains(&id) {
            return true;
        }
        let node = self.node(id);
        if node.key.is_some() && node.value.is_some() || !node.operator.stores().is_empty() {
            return false;
        }
        match node.consumers.as_slice() {
            [] => self.cut.contains(&id),
            consumers => consumers.iter().all(|c| self.is_cut(*c)),
        }
    }

    /// The stores of a sub-topology, in order.
    pub(crate) fn stores_of(&self, subtopology: usize) -> Vec<StoreId> {
        let mut stores: Vec<StoreId> = Vec::new();
        for (_, node) in self.nodes_of(subtopology) {
            stores.extend(node.operator.stores());
        }
        stores.sort_unstable();
        stores.dedup();
        stores
    }
}
