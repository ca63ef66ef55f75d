//! Names: what is used exists (`model::lookup` looks it up), what is declared is used, nothing is
//! made from itself, and no sink feeds the source that it is made from.

use std::collections::BTreeSet;

use syn::Ident;

use crate::diagnostic::Diagnostics;
use crate::model::{Builder, Flow, Graph, Named, NodeId, SinkId, SourceId};

/// One thing has a name.
pub(crate) fn declared_twice(errors: &mut Diagnostics, name: &Ident, first: &Ident) {
    let message = format!("`{name}` is declared twice: give this one another name");
    errors.error_with(name.span(), message, first.span(), "first declared here");
}

/// A stream is not made from itself.
pub(crate) fn made_from_itself(errors: &mut Diagnostics, name: &Ident, declared: &Ident) {
    let message =
        format!("`{name}` is made from itself: a stream cannot flow back into its own chain");
    errors.error_with(name.span(), message, declared.span(), "declared here");
}

/// What is declared is used; a topology reads something.
pub(crate) fn unused(builder: &mut Builder<'_>) {
    let Builder { graph, errors, names, mentioned, .. } = builder;
    for (name, named) in names.iter().filter(|(name, _)| !mentioned.contains(*name)) {
        let (ident, message) = match named {
            Named::Flow { ident, flow, used: false } => {
                let what = match flow {
                    Flow::Table(_) => "table",
                    Flow::Global(_) => "global table",
                    _ => "stream",
                };
                // A table that was made by an operator is kept by its store.
                if matches!(flow, Flow::Table(t) if !graph.node(t.node).inputs.is_empty()) {
                    continue;
                }
                graph.cut.extend(flow.node());
                (ident, format!("{what} `{name}` is never used: use it, or take it out"))
            }
            Named::Sink { id, ident } if !graph.sink(*id).written => {
                let advice = format!("end a chain in `.to({name})`, or take it out");
                (ident, format!("sink `{name}` is never written: {advice}"))
            }
            Named::Store { id, ident }
                if graph.store(*id).user.is_none() && !graph.store(*id).shared =>
            {
                let advice = "name it in an operator, or take it out";
                (ident, format!("store `{name}` is never used: {advice}"))
            }
            _ => continue,
        };
        errors.error(ident.span(), message);
    }
    if graph.sources.is_empty() && errors.is_empty() {
        let message = "the topology reads nothing: give it a source (`source orders: stream<K, V> = \"orders\";`)";
        errors.error(graph.name.span(), message);
    }
}

/// No record comes back through a sink to the source that it was made from, again and again, unless
/// the sink says `feedback`.
pub(super) fn feedback(graph: &Graph, errors: &mut Diagnostics) {
    let mut told: BTreeSet<SourceId> = BTreeSet::new();
    for id in (0..graph.sources.len()).map(SourceId) {
        if told.contains(&id) {
            continue;
        }
        let mut seen = Seen::default();
        let Some(sink) = comes_back(graph, id, id, &mut seen) else { continue };
        told.extend(&seen.sources);
        let (source, sink) = (&graph.source(id).ident, &graph.sink(sink).ident);
        let message = format!(
            "`{sink}` writes the topic that `{source}` reads, and is made from it: its records would come \
             back for ever. Give the sink a topic of its own; if they do come to an end, say `feedback` \
             (`sink {sink}: … = \"topic\", feedback`)"
        );
        let label = format!("`{source}` reads it here");
        errors.error_with(sink.span(), message, source.span(), label);
    }
}

#[derive(Default)]
struct Seen {
    nodes: BTreeSet<NodeId>,
    sources: BTreeSet<SourceId>,
}

/// The sink through which records of `from` come back to `start`.
fn comes_back(graph: &Graph, start: SourceId, from: SourceId, seen: &mut Seen) -> Option<SinkId> {
    if !seen.sources.insert(from) {
        return None;
    }
    let topic = |id| graph.topic(id).name.to_string();
    let home = topic(graph.source(start).topic);
    let mut open = vec![graph.source(from).node];
    while let Some(id) = open.pop() {
        if !seen.nodes.insert(id) {
            continue;
        }
        let node = graph.node(id);
        open.extend(&node.consumers);
        let sources = || (0..graph.sources.len()).map(SourceId);
        if let Some(through) = node.operator.topic() {
            open.extend(
                sources().map(|s| graph.source(s)).filter(|s| s.topic == through).map(|s| s.node),
            );
        }
        for sink in node.operator.sinks() {
            if graph.sink(sink).feedback {
                continue;
            }
            let written = topic(graph.sink(sink).topic);
            if written == home {
                return Some(sink);
            }
            let next: Vec<SourceId> =
                sources().filter(|s| topic(graph.source(*s).topic) == written).collect();
            let back = next.into_iter().find_map(|next| comes_back(graph, start, next, seen));
            if back.is_some() {
                return back;
            }
        }
    }
    None
}
