//! `repartition(name, partitions = 12)`: sends the records through a topic of the topology's own,
//! `<application id>-<name>-repartition`, so that they are partitioned by their key (Kafka
//! Streams' `repartition`). Operators with state insert one by themselves where the key changed.

use proc_macro2::TokenStream;
use syn::Type;

use super::{Operator, label, named, no_other_names, positional, stream};
use crate::check::stable_names;
use crate::emit::{Emitter, Vars};
use crate::model::{Builder, Flow, NodeId, TopicId};
use crate::parse::Call;

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    let mut stream = stream(builder, flow, &call)?;
    no_other_names(builder, &call, &["partitions"]);
    if call.args.is_empty() {
        stable_names::unnamed(builder.errors, &call, "repartition(name)");
        return None;
    }
    let [name] =
        positional(builder, &call, "repartition(name)` or `repartition(name, partitions = 12)")?;
    let name = label(builder, &name, "the repartition topic")?;
    let partitions = named(&call, "partitions").map(|a| a.value.clone());
    // Null keys are dropped before the topic, as before state.
    stream.rekeyed = None;
    let topic = builder.kafka_name_of(&name);
    let stream = builder.partitioned(stream, &topic, None, false, &name)?;
    let changed = Some(call.span());
    let stream = builder.repartition(stream, &topic, partitions, &name, changed)?;
    Some(Flow::Stream(stream))
}

/// The writing side of a repartition topic.
pub(crate) struct RepartitionWrite {
    pub(crate) topic: TopicId,
    /// The stream's types, which may be borrowed.
    pub(crate) key: Type,
    pub(crate) value: Type,
}

impl Operator for RepartitionWrite {
    fn word(&self) -> &'static str {
        "repartition"
    }

    fn topic(&self) -> Option<TopicId> {
        Some(self.topic)
    }

    fn emit(&self, e: &mut Emitter<'_>, _: NodeId, vars: &Vars) -> TokenStream {
        let topic = e.graph().topic(self.topic);
        let (kf, vf) = (&topic.key_format.tokens, &topic.value_format.tokens);
        let (key, value) = (vars.key.reference(), vars.value.reference());
        let key = e.encode_as_is(kf, &self.key, &key);
        let value = e.encode_as_is(vf, &self.value, &value);
        e.write(self.topic, 0, vars, key, value)
    }
}
