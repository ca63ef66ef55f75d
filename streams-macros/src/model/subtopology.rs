//! Cuts the graph into sub-topologies: what is connected by operators and shared stores, and by
//! nothing but topics to the rest.

#![expect(clippy::indexing_slicing, reason = "numbers of nodes and stores come from the graph")]

use proc_macro2::Span;

use super::graph::{Graph, NodeId, SourceId};

/// Numbers the sub-topologies in the order of their first source.
pub(super) fn cut(graph: &mut Graph) {
    let mut parts = Parts((0..graph.nodes.len()).collect());
    for (id, node) in graph.nodes.iter().enumerate() {
        for input in &node.inputs {
            parts.join(id, input.0);
        }
    }
    let mut owner: Vec<Option<usize>> = vec![None; graph.stores.len()];
    for (id, node) in graph.nodes.iter().enumerate() {
        for store in node.operator.stores() {
            match owner[store.0] {
                Some(other) => parts.join(id, other),
                None => owner[store.0] = Some(id),
            }
        }
    }
    let mut numbers: Vec<usize> = Vec::new();
    for source in &graph.sources {
        let part = parts.find(source.node.0);
        if !numbers.contains(&part) {
            numbers.push(part);
        }
    }
    graph.subtopology = (0..graph.nodes.len())
        .map(|id| {
            let part = parts.find(id);
            numbers.iter().position(|n| *n == part).unwrap_or(numbers.len())
        })
        .collect();
    graph.members = vec![Vec::new(); numbers.len()];
    for (id, at) in graph.subtopology.iter().enumerate() {
        if let Some(members) = graph.members.get_mut(*at) {
            members.push(NodeId(id));
        }
    }
}

/// The operator where what comes from two sources first meets.
pub(crate) fn meeting(graph: &Graph, first: SourceId, second: SourceId) -> Option<Span> {
    let mut parts = Parts((0..graph.nodes.len()).collect());
    let mut owner: Vec<Option<usize>> = vec![None; graph.stores.len()];
    let (a, b) = (graph.source(first).node.0, graph.source(second).node.0);
    for (id, node) in graph.nodes.iter().enumerate() {
        for input in &node.inputs {
            parts.join(id, input.0);
        }
        for store in node.operator.stores() {
            parts.join(id, *owner[store.0].get_or_insert(id));
        }
        if parts.find(a) == parts.find(b) {
            return Some(node.span);
        }
    }
    None
}

/// Disjoint sets.
struct Parts(Vec<usize>);

impl Parts {
    fn find(&mut self, mut id: usize) -> usize {
        while self.0[id] != id {
            self.0[id] = self.0[self.0[id]];
            id = self.0[id];
        }
        id
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        let (low, high) = (a.min(b), a.max(b));
        self.0[high] = low;
    }
}
