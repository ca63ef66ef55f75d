//! What a topology consists of, as data: written by the macro, read by everything else.

use std::borrow::Cow;
use std::marker::PhantomData;

use crate::output::TopicIndex;
use crate::policy::OnError;
use crate::schema::Boundary;
use crate::store::Globals;
use crate::task::TaskLogic;

/// Implemented by the type that `#[topology]` generates.
pub trait Topology: 'static {
    /// The topology as data.
    const DESCRIPTION: &'static TopologyDescription;

    /// The definitions of the module's types that topics and stores may hold, in the order of names.
    const TYPES: &'static [TypeDescription] = &[];

    /// True if the topology asks that every record counts once (`guarantee = exactly_once`), whatever
    /// the configuration says.
    const EXACTLY_ONCE: bool = false;

    /// Keys and values that are written and read by schemas in a registry.
    const SCHEMAS: &'static [Boundary] = &[];

    /// The global tables, empty: one set for all tasks of a process.
    fn globals() -> Globals {
        Globals::default()
    }

    /// A new task of this sub-topology, with its stores in memory and empty.
    fn task(subtopology: usize) -> Box<dyn TaskLogic>;
}

/// A type of the user's.
#[derive(Debug)]
pub struct TypeDescription {
    /// Its name.
    pub name: &'static str,
    /// What it consists of, as Rust writes it, without what does not change its bytes.
    pub definition: &'static str,
}

/// An application: what a topology's `app()` returns. The runtime adds `run_from_args()` and what
/// else can be done with it.
#[derive(Debug)]
pub struct App<T: Topology>(PhantomData<T>);

impl<T: Topology> App<T> {
    /// The application of topology `T`.
    #[expect(clippy::new_without_default, reason = "an application is not a neutral value")]
    pub fn new() -> Self {
        Self(PhantomData)
    }

    /// The topology as data.
    pub fn description(&self) -> &'static TopologyDescription {
        T::DESCRIPTION
    }
}

/// A whole topology.
#[derive(Debug)]
pub struct TopologyDescription {
    /// Name of the module; the application id unless one is configured.
    pub name: &'static str,
    /// Every topic, in the order of declaration; a [`TopicIndex`] points into it.
    pub topics: &'static [TopicDescription],
    /// The parts that are connected by nothing but topics.
    pub subtopologies: &'static [SubtopologyDescription],
    /// Tables that every process reads whole.
    pub globals: &'static [GlobalDescription],
    /// What becomes of records that cannot be processed, where no source, operator or sink says
    /// otherwise.
    pub on_error: OnError,
}

impl TopologyDescription {
    /// The topic of this number.
    pub fn topic(&self, index: TopicIndex) -> Option<&'static TopicDescription> {
        self.topics.get(usize::from(index.0))
    }
}

/// What a topic is to the topology.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicRole {
    /// Read by the topology, written by others (or by a sink of the same topology).
    Source,
    /// Written by the topology.
    Sink,
    /// Written by the topology: records that it could not process.
    DeadLetter,
    /// Written and read by the topology where a key changed before state.
    Repartition,
    /// The durable history of a store.
    Changelog {
        /// Window stores: how long rows are kept, in milliseconds. `None` keeps the latest row of
        /// each key for ever.
        retention_ms: Option<i64>,
        /// Versioned stores: how long the records of a key stay beside its latest, in milliseconds.
        history_ms: Option<i64>,
    },
}

/// A topic.
#[derive(Debug)]
pub struct TopicDescription {
    /// Name; an internal topic's is prefixed with the application id, see
    /// [`full_name`](Self::full_name).
    pub name: &'static str,
    /// What it is to the topology.
    pub role: TopicRole,
    /// Declared number of partitions, if any.
    pub partitions: Option<i32>,
    /// Type of the keys, as written.
    pub key_type: &'static str,
    /// Type of the values, as written.
    pub value_type: &'static str,
    /// Format of the keys.
    pub key_format: &'static str,
    /// Format of the values.
    pub value_format: &'static str,
}

impl TopicDescription {
    /// True for topics that the runtime creates and owns.
    pub fn is_internal(&self) -> bool {
        matches!(self.role, TopicRole::Repartition | TopicRole::Changelog { .. })
    }

    /// The name on the broker: `<application id>-<name>` for internal topics.
    pub fn full_name(&self, application_id: &str) -> Cow<'static, str> {
        if self.is_internal() {
            Cow::Owned(format!("{application_id}-{}", self.name))
        } else {
            Cow::Borrowed(self.name)
        }
    }
}

/// A connected part of the topology: for each partition, it runs as one task.
#[derive(Debug)]
pub struct SubtopologyDescription {
    /// Its inputs, which are co-partitioned.
    pub sources: &'static [SourceDescription],
    /// Its stores.
    pub stores: &'static [StoreDescription],
    /// Topics it writes (without changelogs).
    pub sinks: &'static [TopicIndex],
    /// Its operators in the order of declaration.
    pub nodes: Nodes,
}

/// An input of a sub-topology.
#[derive(Debug)]
pub struct SourceDescription {
    /// Name in the language; for a repartition topic, the operator's.
    pub name: &'static str,
    /// What is read.
    pub topic: TopicIndex,
    /// True for a table: on equal timestamps it goes before streams.
    pub table: bool,
    /// True if the timestamp is taken by a function (`time = …`), not from the record.
    pub extractor: bool,
    /// Where a new group starts.
    pub reset: Reset,
    /// Topics that its records may be written to, or what becomes of them (without changelogs).
    pub leads_to: &'static [TopicIndex],
}

/// A global table.
#[derive(Debug)]
pub struct GlobalDescription {
    /// Name in the language.
    pub name: &'static str,
    /// What is read.
    pub topic: TopicIndex,
    /// True if rows stay in memory only, and are read again at every start.
    pub memory: bool,
    /// What becomes of records that cannot be decoded: there are no dead letters of them.
    pub on_error: OnError,
    /// The user's doc comment, if there is one.
    pub doc: &'static str,
}

/// Where to start reading a source for which the group has no offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// At the oldest record (the default).
    Earliest,
    /// At records that arrive from now on.
    Latest,
}

/// Kinds of stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// Latest value of a key.
    KeyValue,
    /// Value of a key and a window.
    Window,
    /// Value of a key and a session.
    Session,
    /// Values of a key over time.
    Versioned,
}

/// A store of a sub-topology.
#[derive(Debug)]
pub struct StoreDescription {
    /// Name in the language.
    pub name: &'static str,
    /// Kind.
    pub kind: StoreKind,
    /// Its history, unless it has none.
    pub changelog: Option<TopicIndex>,
    /// True if rows stay in memory only (and come back from the changelog).
    pub memory: bool,
    /// The user's doc comment, if there is one.
    pub doc: &'static str,
}

/// The operators of a sub-topology, for `describe`, packed into one text: as nested values they are the
/// most that the compiler has to do for a topology, and only people read them.
///
/// An operator ends with [`NODE_END`](Self::NODE_END), its parts with [`PART_END`](Self::PART_END), in the
/// order of [`NodeDescription`]'s fields; names in a list end with [`NAME_END`](Self::NAME_END). `#[topology]`
/// writes it.
#[derive(Clone, Copy, Debug)]
pub struct Nodes(pub &'static str);

impl Nodes {
    /// None.
    pub const NONE: Self = Self("");
    /// ASCII's record separator.
    pub const NODE_END: char = '\u{1e}';
    /// ASCII's unit separator.
    pub const PART_END: char = '\u{1f}';
    /// ASCII's group separator.
    pub const NAME_END: char = '\u{1d}';

    /// The operators, in the order of the text of the topology.
    pub fn iter(self) -> impl Iterator<Item = NodeDescription> {
        self.0.split_terminator(Self::NODE_END).map(|packed| {
            let mut parts = packed.split(Self::PART_END);
            let mut part = || parts.next().unwrap_or_default();
            let names =
                |list: &'static str| list.split_terminator(Self::NAME_END).collect::<Vec<_>>();
            NodeDescription {
                name: part(),
                operator: part(),
                topic: part().parse().ok().map(TopicIndex),
                inputs: names(part()),
                stores: names(part()),
                doc: part(),
            }
        })
    }
}

/// An operator, for `describe`.
#[derive(Debug)]
pub struct NodeDescription {
    /// Name: that of the `let`, source or sink, or the operator's word and position.
    pub name: &'static str,
    /// Operator's word.
    pub operator: &'static str,
    /// The topic that it reads, if nothing is before it, or writes.
    pub topic: Option<TopicIndex>,
    /// Names of the nodes before it.
    pub inputs: Vec<&'static str>,
    /// Stores that it uses.
    pub stores: Vec<&'static str>,
    /// The user's doc comment, if there is one.
    pub doc: &'static str,
}
