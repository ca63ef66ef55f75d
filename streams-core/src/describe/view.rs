//! The topology as Kafka Streams sees it: sources, processors and sinks, each with a name of its own.

use std::collections::BTreeMap;

use crate::output::TopicIndex;
use crate::topology::{
    GlobalDescription, NodeDescription, StoreDescription, SubtopologyDescription,
    TopologyDescription,
};

/// See the module.
pub(super) struct View<'t> {
    pub(super) topology: &'t TopologyDescription,
    pub(super) parts: Vec<Part<'t>>,
}

/// A sub-topology.
pub(super) struct Part<'t> {
    /// Those with the most behind them first, then by name.
    pub(super) nodes: Vec<Node<'t>>,
    pub(super) stores: &'t [StoreDescription],
    /// A global table, which no task runs.
    pub(super) global: bool,
}

pub(super) struct Node<'t> {
    pub(super) name: String,
    pub(super) operator: &'t str,
    pub(super) kind: Kind<'t>,
    pub(super) doc: &'t str,
    pub(super) next: Vec<String>,
    pub(super) previous: Vec<String>,
}

/// What Kafka Streams calls it.
pub(super) enum Kind<'t> {
    Source(&'t str),
    Processor(Vec<&'t str>),
    /// Writes a topic, or one that each record names (`None`).
    Sink(Option<&'t str>),
}

impl<'t> View<'t> {
    pub(super) fn new(topology: &'t TopologyDescription) -> Self {
        let parts = topology.subtopologies.iter().map(|part| Part::new(topology, part));
        let globals = topology.globals.iter().map(|global| Part::global(topology, global));
        let parts = parts.chain(globals).collect();
        Self { topology, parts }
    }
}

impl<'t> Part<'t> {
    fn new(topology: &'t TopologyDescription, part: &'t SubtopologyDescription) -> Self {
        let mut nodes: Vec<Node<'t>> = Vec::new();
        for described in part.nodes.iter() {
            for node in Node::of(topology, &described) {
                // Several chains write to one sink.
                match nodes.iter_mut().find(|n| n.name == node.name) {
                    Some(known) => known.previous.extend(node.previous),
                    None => nodes.push(node),
                }
            }
        }
        let edges: Vec<(String, String)> = nodes
            .iter()
            .flat_map(|n| n.previous.iter().map(|p| (p.clone(), n.name.clone())))
            .collect();
        for node in &mut nodes {
            let after = edges.iter().filter(|(from, _)| *from == node.name);
            node.next = after.map(|(_, to)| to.clone()).collect();
        }
        let sizes = sizes(&nodes);
        let size = |node: &Node<'_>| sizes.get(&node.name).copied().unwrap_or(0);
        nodes.sort_by(|a, b| size(b).cmp(&size(a)).then_with(|| a.name.cmp(&b.name)));
        Self { nodes, stores: part.stores, global: false }
    }

    /// A global table: read into its store by every process.
    fn global(topology: &'t TopologyDescription, global: &'t GlobalDescription) -> Self {
        let topic = topology.topic(global.topic).map_or("", |t| t.name);
        let (name, source) = (global.name.to_owned(), format!("{}-source", global.name));
        let nodes = vec![
            Node {
                name: source.clone(),
                operator: "global",
                kind: Kind::Source(topic),
                doc: "",
                next: vec![name.clone()],
                previous: Vec::new(),
            },
            Node {
                name,
                operator: "global",
                kind: Kind::Processor(vec![global.name]),
                doc: global.doc,
                next: Vec::new(),
                previous: vec![source],
            },
        ];
        Self { nodes, stores: &[], global: true }
    }
}

impl<'t> Node<'t> {
    pub(super) fn stores(&self) -> &[&'t str] {
        match &self.kind {
            Kind::Processor(stores) => stores,
            _ => &[],
        }
    }

    /// One node, or two for a table: its topic is read, and then its store is written.
    fn of(topology: &'t TopologyDescription, node: &NodeDescription) -> Vec<Self> {
        let topic = |index: TopicIndex| topology.topic(index).map_or("", |t| t.name);
        let name = node.name.to_owned();
        let previous = node.inputs.iter().map(|&input| input.to_owned()).collect();
        let make = |name, kind, previous| Node {
            name,
            operator: node.operator,
            kind,
            doc: node.doc,
            next: Vec::new(),
            previous,
        };
        let stores = || Kind::Processor(node.stores.to_vec());
        match node.topic {
            Some(index) if node.inputs.is_empty() && node.stores.is_empty() => {
                vec![make(name, Kind::Source(topic(index)), previous)]
            }
            Some(index) if node.inputs.is_empty() => {
                let source = format!("{name}-source");
                let mut read = make(source.clone(), Kind::Source(topic(index)), previous);
                read.doc = "";
                vec![read, make(name, stores(), vec![source])]
            }
            Some(index) => vec![make(name, Kind::Sink(Some(topic(index))), previous)],
            None if node.operator == "to_topic" => vec![make(name, Kind::Sink(None), previous)],
            None => vec![make(name, stores(), previous)],
        }
    }
}

/// How many ways lead on from each node, itself included.
fn sizes(nodes: &[Node<'_>]) -> BTreeMap<String, usize> {
    fn size(name: &str, nodes: &[Node<'_>], known: &mut BTreeMap<String, usize>) -> usize {
        if let Some(size) = known.get(name) {
            return *size;
        }
        let node = nodes.iter().find(|n| n.name == name);
        let behind = node.map_or(&[][..], |n| n.next.as_slice());
        let sum = behind.iter().map(|next| size(next, nodes, known)).fold(1, usize::saturating_add);
        known.insert(name.to_owned(), sum);
        sum
    }
    let mut known = BTreeMap::new();
    for node in nodes {
        size(&node.name, nodes, &mut known);
    }
    known
}
