//! From syntax to graph: resolves names in any order, and asks each operator to add itself.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::Span;
use syn::{Expr, Ident, Type};

use super::graph::*;
use super::on_error::{OnError, OnErrors};
use super::partition::Repartitioned;
use super::settings::Settings;
use super::types::*;
use crate::check;
use crate::diagnostic::Diagnostics;
use crate::ops::{self, Operator};
use crate::parse::{self, ArmTarget, Call, Chain, Head, Item, Siblings};

/// Grows the graph.
pub(crate) struct Builder<'a> {
    pub(crate) graph: Graph,
    pub(crate) errors: &'a mut Diagnostics,
    pub(crate) siblings: &'a Siblings,
    pub(crate) names: BTreeMap<String, Named>,
    /// Names in chains with an error: they are not reported as unused.
    pub(crate) mentioned: BTreeSet<String>,
    /// The `on_error` of the operator that is being added.
    pub(crate) on_error: Option<OnError>,
    /// The `kafka_name` of what is being added.
    pub(crate) kafka_name: Option<String>,
    /// Repartition topics that the model put in, by what they are made of.
    pub(super) repartitions: Vec<(Repartitioned, StreamFlow)>,
}

#[expect(clippy::large_enum_variant, reason = "a few dozen, for the time of an expansion")]
pub(crate) enum Named {
    Flow {
        ident: Ident,
        flow: Flow,
        used: bool,
    },
    Let {
        item: Option<Box<parse::Let>>,
        ident: Ident,
    },
    Sink {
        id: SinkId,
        ident: Ident,
    },
    Store {
        id: StoreId,
        ident: Ident,
    },
    /// Declared by an item with an error, which has been reported.
    Unknown {
        ident: Ident,
    },
}

impl Named {
    pub(super) fn ident(&self) -> &Ident {
        match self {
            Named::Flow { ident, .. }
            | Named::Let { ident, .. }
            | Named::Sink { ident, .. }
            | Named::Store { ident, .. }
            | Named::Unknown { ident } => ident,
        }
    }

    pub(super) fn what(&self) -> &'static str {
        match self {
            Named::Flow { .. } | Named::Let { .. } => "a stream or table",
            Named::Sink { .. } => "a sink",
            Named::Store { .. } => "a store",
            Named::Unknown { .. } => "not known",
        }
    }
}

/// Builds the graph of a topology.
pub(crate) fn build(
    name: Ident,
    items: Vec<Item>,
    siblings: &Siblings,
    errors: &mut Diagnostics,
) -> Graph {
    let mut settings = Vec::new();
    let mut declarations = Vec::new();
    for item in items {
        match item {
            Item::Setting(s) => settings.push(s),
            other => declarations.push(other),
        }
    }
    let settings = Settings::read(settings, errors);
    let graph = Graph {
        name,
        settings,
        policies: OnErrors::default(),
        topics: Vec::new(),
        sources: Vec::new(),
        sinks: Vec::new(),
        globals: Vec::new(),
        stores: Vec::new(),
        nodes: Vec::new(),
        lets: Vec::new(),
        let_types: Vec::new(),
        uses: Vec::new(),
        labels: Vec::new(),
        words: Vec::new(),
        cut: BTreeSet::new(),
        half_read: BTreeSet::new(),
        repartitions: Vec::new(),
        subtopology: Vec::new(),
        members: Vec::new(),
    };
    let mut builder = {
        let (names, mentioned) = (BTreeMap::new(), BTreeSet::new());
        let (on_error, kafka_name, repartitions) = (None, None, Vec::new());
        Builder { graph, errors, siblings, names, mentioned, on_error, kafka_name, repartitions }
    };
    builder.resolve_policies();
    builder.declare_and_chain(declarations);
    check::names::unused(&mut builder);
    let mut graph = builder.graph;
    super::subtopology::cut(&mut graph);
    graph
}

impl Builder<'_> {
    fn declare_and_chain(&mut self, items: Vec<Item>) {
        let mut order = Vec::new();
        for item in items {
            match item {
                Item::Input(input) => self.declare_input(input),
                Item::Sink(sink) => self.declare_sink(sink),
                Item::Store(store) => self.declare_store(store),
                Item::Let(item) => {
                    let ident = item.name.clone();
                    order.push(Err(ident.clone()));
                    let item = Some(Box::new(item));
                    self.declare(Named::Let { item, ident });
                }
                Item::Chain(chain) => order.push(Ok(chain)),
                Item::Unread(mut unread) => {
                    self.mentioned.append(&mut unread.mentioned);
                    for ident in unread.declared {
                        self.names.entry(ident.to_string()).or_insert(Named::Unknown { ident });
                    }
                }
                Item::Setting(_) => {}
            }
        }
        for entry in order {
            match entry {
                Ok(chain) => self.run_chain(chain),
                Err(name) => self.build_let(&name.to_string()),
            }
        }
    }

    /// Adds a node behind `inputs`.
    pub(crate) fn add(
        &mut self,
        name: String,
        span: Span,
        operator: Box<dyn Operator>,
        inputs: Vec<NodeId>,
        key: Option<Type>,
        value: Option<Type>,
    ) -> NodeId {
        let id = NodeId(self.graph.nodes.len());
        for input in &inputs {
            self.graph.node_mut(*input).consumers.push(id);
        }
        let doc = String::new();
        let consumers = Vec::new();
        let on_error = self.on_error;
        self.graph.nodes.push(Node {
            name,
            doc,
            span,
            operator,
            inputs,
            consumers,
            key,
            value,
            on_error,
        });
        id
    }

    /// Adds an operator behind a stream, named after its word and place.
    pub(crate) fn add_after(
        &mut self,
        input: NodeId,
        call: &Call,
        operator: Box<dyn Operator>,
        key: Option<Type>,
        value: Option<Type>,
    ) -> NodeId {
        let name = format!("{}-{}", call.name, self.graph.nodes.len());
        self.add(name, call.span(), operator, vec![input], key, value)
    }

    pub(super) fn build_let(&mut self, name: &str) {
        let item = match self.names.get_mut(name) {
            Some(Named::Let { item, .. }) => item.take(),
            _ => None,
        };
        let Some(item) = item else { return };
        let parse::Let { doc, name: ident, declared, chain } = *item;
        let calls = chain.calls.len();
        // It may be asked for in the middle of another operator, whose arguments are not its.
        let outer = (self.on_error.take(), self.kafka_name.take());
        let mut flow = self.flow_of(chain);
        (self.on_error, self.kafka_name) = outer;
        if let (Flow::End, true) = (&flow, calls > 0) {
            check::order::let_of_an_end(self.errors, &ident);
        }
        if let Some((key, value)) = declared {
            let own = calls > 0;
            self.graph.let_types.extend([key.clone(), value.clone()]);
            match &mut flow {
                Flow::Stream(s) => (s.key, s.value) = self.declared_types(s.node, own, key, value),
                Flow::Table(t) => (t.key, t.value) = self.declared_types(t.node, own, key, value),
                _ => {}
            }
        }
        let named = matches!(flow, Flow::Stream(_) | Flow::Table(_));
        let node = flow.node().filter(|_| named);
        if let Some(node) = node.and_then(|n| self.graph.nodes.get_mut(n.0))
            && calls > 0
        {
            node.name = ident.to_string();
            node.doc = doc;
        }
        let broken = matches!(flow, Flow::Broken | Flow::End);
        self.graph.lets.push(ident.clone());
        self.names.insert(name.to_owned(), Named::Flow { ident, flow, used: broken });
    }

    /// The types that a name is declared with, said of its own node, too. What is known to be borrowed from what they own
    /// stays so.
    fn declared_types(
        &mut self,
        node: NodeId,
        own: bool,
        key: Type,
        value: Type,
    ) -> (Option<Type>, Option<Type>) {
        let node = self.graph.node_mut(node);
        let declare = |known: &mut Option<Type>, declared: Type| {
            match known {
                Some(ty) if owns(&declared, ty) => {
                    return Some(ty.clone());
                }
                None if own => *known = Some(declared.clone()),
                _ => {}
            }
            Some(declared)
        };
        (declare(&mut node.key, key), declare(&mut node.value, value))
    }

    fn run_chain(&mut self, chain: Chain) {
        let name = match &chain.head {
            Head::Name(name) | Head::Merge(name, _) => name.clone(),
        };
        let last = chain.calls.last().map_or_else(|| name.clone(), |c| c.name.clone());
        match self.flow_of(chain) {
            Flow::End | Flow::Broken => {}
            // A table is kept by its store, which is a use of it.
            Flow::Table(_) if last != name => {}
            other => {
                check::order::nobody_takes(self.errors, &last, &other);
                self.cut(&other);
            }
        }
    }

    fn flow_of(&mut self, chain: Chain) -> Flow {
        let flow = match chain.head {
            Head::Name(name) => self.lookup(&name),
            Head::Merge(word, names) => ops::merge(self, &word, &names),
        };
        let flow = self.apply(flow, chain.calls);
        if chain.cut.is_none() {
            return flow;
        }
        self.mention(chain.cut);
        self.cut(&flow);
        self.graph.words.push(None);
        Flow::Broken
    }

    /// Notes that a chain goes no further here because of an error.
    pub(crate) fn cut(&mut self, flow: &Flow) {
        self.graph.cut.extend(flow.node());
    }

    /// Names behind an error are not reported as unused.
    pub(super) fn mention(&mut self, cut: Option<parse::Cut>) {
        self.mentioned.extend(cut.into_iter().flat_map(|cut| cut.mentioned));
    }

    /// Applies operators one after the other.
    pub(crate) fn apply(&mut self, mut flow: Flow, calls: Vec<Call>) -> Flow {
        for mut call in calls {
            self.graph.words.push(Some(call.name.clone()));
            let cut = call.cut.take();
            if matches!(flow, Flow::Broken) {
                if cut.is_none() {
                    self.check_after_error(call);
                }
                self.mention(cut);
                continue;
            }
            let (names, before) = (names_in(&call), flow.node());
            let (errors, nodes) = (self.errors.len(), self.graph.nodes.len());
            let branches = call.arms.is_some();
            flow = ops::build(self, flow, call);
            if cut.is_some() {
                if branches {
                    self.graph.half_read.extend((nodes..self.graph.nodes.len()).map(NodeId));
                }
                // Whatever else may be wrong with it follows from what could not be read.
                self.errors.truncate(errors);
                self.mention(cut);
                flow = Flow::Broken;
            }
            if matches!(flow, Flow::Broken) {
                self.graph.cut.extend(before);
                self.mentioned.extend(names);
            }
        }
        flow
    }

    /// What can be said of an operator behind one with an error: whether it exists, and whether the
    /// sinks that it names do.
    fn check_after_error(&mut self, call: Call) {
        ops::check_word(self, &call);
        self.mentioned.extend(names_in(&call));
        if call.name == "to"
            && let Some(sink) = call.args.first().and_then(|arg| ident_of(&arg.value))
        {
            self.lookup_sink(sink);
        }
        for arm in call.arms.into_iter().flatten() {
            match arm.target {
                ArmTarget::Sink(sink) => {
                    self.lookup_sink(&sink);
                }
                ArmTarget::Calls(calls) => {
                    self.apply(Flow::Broken, calls);
                }
            }
        }
    }
}

/// The names between the parentheses and in the arms of an operator.
fn names_in(call: &Call) -> Vec<String> {
    let arguments = call.args.iter().filter_map(|arg| ident_of(&arg.value));
    let mut names: Vec<String> = arguments.map(ToString::to_string).collect();
    for arm in call.arms.iter().flatten() {
        match &arm.target {
            ArmTarget::Sink(sink) => names.push(sink.to_string()),
            ArmTarget::Calls(calls) => names.extend(calls.iter().flat_map(names_in)),
        }
    }
    names
}

fn ident_of(value: &Expr) -> Option<&Ident> {
    match value {
        Expr::Path(path) => path.path.get_ident(),
        _ => None,
    }
}
