//! The graph of operators: names resolved, types known as far as they are written.

mod build;
mod declare;
mod duration;
mod format;
mod global;
mod graph;
mod kafka_name;
mod lookup;
mod on_error;
mod options;
mod partition;
mod settings;
mod subtopology;
mod types;
mod written;

pub(crate) use build::{Builder, Named, build};
pub(crate) use duration::milliseconds;
pub(crate) use format::Format;
pub(crate) use graph::{
    Global, GlobalId, Graph, Kept, Node, NodeId, Repartition, SinkId, SourceId, Store, StoreId,
    StoreKind, Topic, TopicId, TopicRole,
};
pub(crate) use kafka_name::read as read_kafka_name;
pub(crate) use on_error::{InvalidTime, OnError, Written};
pub(crate) use partition::Nulls;
pub(crate) use settings::{Emit, Guarantee, Semantics};
pub(crate) use subtopology::meeting;
pub(crate) use types::{
    CogroupedFlow, CogroupedPart, Flow, GroupedFlow, GroupedTableFlow, StreamFlow, TableFlow,
    WindowKind, WindowSpec, borrowed_to_owned, is_borrowed, option_of, owns, reference_of, same,
    session_of, text, windowed_of, written_of,
};
pub(crate) use written::written;
