//! `source name: stream<K, V> = "topic"`: the records of a topic (Kafka Streams' `stream`). Also
//! the reading side of a repartition topic.

use proc_macro2::TokenStream;

use super::Operator;
use crate::emit::{Emitter, Vars};
use crate::model::{NodeId, SourceId};

pub(crate) struct Source {
    pub(crate) source: SourceId,
}

impl Operator for Source {
    fn word(&self) -> &'static str {
        "source"
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let _ = self.source;
        e.consumers(node, vars)
    }
}
