//! `group.cogroup(|k, v, state| …).cogroup(other_group, |k, v, state| …).aggregate(store: S = init)`:
//! several groups with one type of key, of values of any types, gathered in one state (Kafka Streams'
//! `cogroup`). `other_group` is a name: `let other_group = other.group_by_key();`. Between the last
//! `cogroup` and `aggregate` there may be `window(…)`; over sessions `aggregate` takes the closure
//! that makes one state of two, `aggregate(store: S = init, |left, right| merged)`.
//!
//! Nulls are dropped as by `aggregate` over a single group. A group whose key changed goes through a
//! repartition topic of its own: `<store>-repartition`, the next one `<store>-2-repartition`. Late is
//! late by one clock for all groups; under `semantics = kafka_streams` each group has its own, so
//! that a record can be taken into a window that the store has forgotten.

use std::rc::Rc;

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Type;

use super::aggregate::Aggregate;
use super::aggregation::State;
use super::{Operator, aggregation, function, ident, keyed_state, no_other_names, positional};
use crate::check::stores;
use crate::emit::{Emitter, Vars, here};
use crate::model::{
    Builder, CogroupedFlow, CogroupedPart, Flow, NodeId, Semantics, StoreKind, StreamFlow,
    WindowKind, borrowed_to_owned, reference_of, same, text,
};
use crate::parse::Call;

const FIRST: &str = "cogroup(|key, value, state| { … })";
const NEXT: &str = "cogroup(other_group, |key, value, state| { … })";

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    no_other_names(builder, &call, &[]);
    let (mut parts, stream, adder) = match flow {
        Flow::Cogrouped(CogroupedFlow { parts, window: None }) => {
            let [group, adder] = positional(builder, &call, NEXT)?;
            let name = ident(builder, &group, "a group")?;
            let stream = match builder.lookup(&name) {
                Flow::Grouped(group) if group.window.is_none() => group.stream,
                Flow::Broken => return None,
                other => {
                    let message = format!(
                        "`cogroup` takes a group, and `{name}` is {}: name one first (`let group = \
                         stream.group_by_key();`)",
                        other.what()
                    );
                    builder.errors.error(name.span(), message);
                    return None;
                }
            };
            (parts, stream, adder)
        }
        Flow::Grouped(group) if group.window.is_none() => {
            let [adder] = positional(builder, &call, FIRST)?;
            (Vec::new(), group.stream, adder)
        }
        Flow::Grouped(_) | Flow::Cogrouped(_) => {
            let message = "windows are for all groups of a cogroup: put `window(…)` behind the last `cogroup`";
            builder.errors.error(call.span(), message);
            return None;
        }
        other => {
            let message = format!(
                "`cogroup` is for a group, and this is {}: put `.group_by_key()` or `.group_by(…)` before it",
                other.what()
            );
            builder.errors.error(call.span(), message);
            return None;
        }
    };
    let add = Rc::new(function(builder, &call, adder, &["value", "state"])?);
    parts.push(CogroupedPart { stream, add, span: call.span() });
    Some(Flow::Cogrouped(CogroupedFlow { parts, window: None }))
}

/// The `aggregate` behind it.
pub(super) fn aggregate(
    builder: &mut Builder<'_>,
    cogrouped: CogroupedFlow,
    call: &Call,
) -> Option<Flow> {
    let CogroupedFlow { parts, window } = cogrouped;
    let session = window.is_some_and(|w| matches!(w.kind, WindowKind::Session { .. }));
    let usage = match session {
        true => "aggregate(store: State = initial, |left, right| merged)",
        false => "aggregate(store: State = initial)",
    };
    let (argument, init) = aggregation::store_argument(builder, call, usage)?;
    let Some(init) = init else {
        builder.errors.error(argument.name.span(), format!("`aggregate` is written `{usage}`"));
        return None;
    };
    let merge = match session {
        true => {
            let [merger] = positional(builder, call, usage)?;
            Some(Rc::new(function(builder, call, merger, &["left", "right"])?))
        }
        false => {
            let [] = positional(builder, call, usage)?;
            None
        }
    };
    let mut grouped = Vec::new();
    let mut topics = 0;
    for part in parts {
        topics += usize::from(part.stream.rekeyed.is_some());
        let name = &argument.name;
        let topic = if topics > 1 { format!("{name}-{topics}") } else { name.to_string() };
        let stream =
            aggregation::grouped_stream(builder, part.stream, window, &argument, &topic, false)?;
        grouped.push(CogroupedPart { stream: owned_key(builder, stream, call), ..part });
    }
    let key = common_key(builder, &grouped)?;
    let state = aggregation::state(builder, key.as_ref(), window, call, &argument, None)?;
    let kept = builder.graph.store(state.store);
    if kept.optional && matches!(kept.kind, StoreKind::Versioned { .. }) {
        stores::cogroup_that_deletes(builder.errors, &argument.name);
        return None;
    }
    let kafka = builder.graph.settings.semantics == Semantics::KafkaStreams;
    let (mut nodes, mut table) = (Vec::new(), None);
    for (n, part) in grouped.into_iter().enumerate() {
        let (init, merge, add) = (init.clone(), merge.clone(), part.add);
        let state = State { part: if kafka { n } else { 0 }, ..state };
        let operator = Box::new(Aggregate { state, init, function: add, merge });
        let part = aggregation::add(builder, &part.stream, call, &state, operator);
        nodes.push(part.node);
        table = Some(part);
    }
    let mut table = table?;
    let value = table.value.clone();
    let name = format!("cogroup-{}", builder.graph.nodes.len());
    let key = Some(builder.graph.store(state.store).key.clone());
    let key = table.key.clone().or(key);
    let operator = Box::new(Cogroup { nullable: table.nullable });
    table.node = builder.add(name, call.span(), operator, nodes, key.clone(), value);
    table.key = key;
    Some(Flow::Table(table))
}

/// The type that the keys of all groups have.
fn common_key(builder: &mut Builder<'_>, parts: &[CogroupedPart]) -> Option<Option<Type>> {
    let known = |part: &CogroupedPart| Some((part.stream.key.clone()?, part.span));
    let mut known = parts.iter().filter_map(known);
    let Some((first, at)) = known.next() else { return Some(None) };
    for (key, span) in known {
        if !same(&first, &key) {
            let message = format!(
                "the keys of this group are `{}`, those of the first are `{}`: a cogroup needs one type \
                 of key",
                text(&key),
                text(&first)
            );
            builder.errors.error_with(span, message, at, "the first group is here");
            return None;
        }
    }
    Some(Some(first))
}

/// The same records with a key of their own, where it was borrowed from the record.
fn owned_key(builder: &mut Builder<'_>, stream: StreamFlow, call: &Call) -> StreamFlow {
    let Some(key) = stream.key.as_ref().filter(|k| reference_of(k).is_some()) else {
        return stream;
    };
    let (key, value) = (Some(borrowed_to_owned(key)), stream.value.clone());
    let node = builder.add_after(stream.node, call, Box::new(OwnKey), key.clone(), value);
    StreamFlow { node, key, ..stream }
}

struct OwnKey;

impl Operator for OwnKey {
    fn word(&self) -> &'static str {
        "cogroup"
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let (own, vars) = keyed_state::owned_key(e, node, vars);
        let rest = e.consumers(node, &vars);
        quote_spanned!(here()=> #own #rest)
    }
}

/// Where the updates of all groups come together.
struct Cogroup {
    nullable: bool,
}

impl Operator for Cogroup {
    fn word(&self) -> &'static str {
        "cogroup"
    }

    fn is_method(&self) -> bool {
        true
    }

    fn passes_old(&self) -> bool {
        true
    }

    fn takes_update(&self) -> bool {
        self.nullable
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        e.call_method(node, vars)
    }
}
