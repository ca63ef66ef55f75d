//! From syntax to graph: resolves names in any order, and asks each operator to add itself.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::Span;
use quote::quote;
use syn::{Expr, Ident, Type};

use super::format::Format;
use super::graph::*;
use super::options::Options;
use super::settings::Settings;
use super::types::*;
use crate::diagnostic::{Diagnostics, suggestion};
use crate::ops::{self, Operator};
use crate::parse::{self, ArmTarget, Call, Chain, Head, InputKind, Item, Siblings};

/// Grows the graph.
pub(crate) struct Builder<'a> {
    pub(crate) graph: Graph,
    pub(crate) errors: &'a mut Diagnostics,
    pub(crate) siblings: &'a Siblings,
    pub(super) names: BTreeMap<String, Named>,
    /// Names in chains with an error: they are not reported as unused.
    pub(super) mentioned: BTreeSet<String>,
}

#[expect(clippy::large_enum_variant, reason = "a few dozen, for the time of an expansion")]
pub(super) enum Named {
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
        topics: Vec::new(),
        sources: Vec::new(),
        sinks: Vec::new(),
        stores: Vec::new(),
        nodes: Vec::new(),
        subtopology: Vec::new(),
        subtopologies: 0,
    };
    let mut builder = {
        let (names, mentioned) = (BTreeMap::new(), BTreeSet::new());
        Builder { graph, errors, siblings, names, mentioned }
    };
    builder.declare_and_chain(declarations);
    builder.report_unused();
    if builder.graph.sources.is_empty() && builder.errors.is_empty() {
        let message = "the topology reads nothing: give it a source (`source orders: stream<K, V> = \"orders\";`)";
        let span = builder.graph.name.span();
        builder.errors.error(span, message);
    }
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

    fn declare(&mut self, named: Named) {
        let ident = named.ident().clone();
        let name = ident.to_string();
        if let Some(Named::Unknown { .. }) = self.names.get(&name) {
            // An error has been reported, and nothing is known of the first to compare with.
        } else if let Some(first) = self.names.get(&name) {
            let message = format!("`{name}` is declared twice: give this one another name");
            let span = first.ident().span();
            self.errors.error_with(ident.span(), message, span, "first declared here");
        } else {
            self.names.insert(name, named);
        }
    }

    fn declare_input(&mut self, input: parse::Input) {
        let table = input.kind == InputKind::Table;
        let word = if table { "table" } else { "source" };
        let mut options = Options::new(word, input.options, self.errors);
        let partitions = options.expr("partitions");
        let time = options.expr("time");
        let latest = options.reset();
        let value_format = options.format("format");
        let key_format = options.format("key_format");
        let memory = table && options.flag("memory");
        options.finish();
        let (key_format, value_format) =
            self.formats(&input.key, &input.value, key_format, value_format);
        let name = self.topic_name(&input.topic);
        let topic = self.topic(Topic {
            name,
            role: TopicRole::Source,
            partitions,
            key: input.key.clone(),
            value: input.value.clone(),
            key_format: key_format.clone(),
            value_format: value_format.clone(),
        });
        let source = SourceId(self.graph.sources.len());
        let node = NodeId(self.graph.nodes.len());
        self.graph.sources.push(Source {
            name: input.name.to_string(),
            ident: input.name.clone(),
            topic,
            table,
            time,
            latest,
            node,
        });
        let (operator, store): (Box<dyn Operator>, _) = if table {
            let store = self.add_store(Store {
                ident: input.name.clone(),
                name: input.name.to_string(),
                right: None,
                kind: StoreKind::KeyValue,
                key: input.key.clone(),
                value: input.value.clone(),
                optional: false,
                key_format,
                value_format,
                memory,
                changelog: TopicId(0),
                user: Some(input.name.span()),
            });
            (Box::new(ops::TableSource { source, store }), Some(store))
        } else {
            (Box::new(ops::Source { source }), None)
        };
        self.graph.nodes.push(Node {
            name: input.name.to_string(),
            doc: input.doc,
            span: input.name.span(),
            operator,
            inputs: Vec::new(),
            consumers: Vec::new(),
            key: Some(input.key.clone()),
            value: Some(input.value.clone()),
        });
        let (key, value) = (Some(input.key), Some(input.value));
        let flow = match store {
            Some(store) => {
                let windowed = false;
                let store = Some(store);
                Flow::Table(TableFlow { node, key, value, store, nullable: true, windowed })
            }
            None => Flow::Stream(StreamFlow { node, key, value, rekeyed: None }),
        };
        self.declare(Named::Flow { ident: input.name, flow, used: false });
    }

    fn declare_sink(&mut self, sink: parse::Sink) {
        let mut options = Options::new("sink", sink.options, self.errors);
        let partitions = options.expr("partitions");
        let value_format = options.format("format");
        let key_format = options.format("key_format");
        options.finish();
        let (key_format, value_format) =
            self.formats(&sink.key, &sink.value, key_format, value_format);
        let name = self.topic_name(&sink.topic);
        let topic = self.topic(Topic {
            name,
            role: TopicRole::Sink,
            partitions,
            key: sink.key,
            value: sink.value,
            key_format,
            value_format,
        });
        let id = SinkId(self.graph.sinks.len());
        let table = sink.shape == parse::Shape::Table;
        self.graph.sinks.push(Sink { ident: sink.name.clone(), table, topic, written: false });
        let _ = sink.doc;
        self.declare(Named::Sink { id, ident: sink.name });
    }

    fn declare_store(&mut self, store: parse::Store) {
        let mut options = Options::new("store", store.options, self.errors);
        let value_format = options.format("format");
        let key_format = options.format("key_format");
        let memory = options.flag("memory");
        options.finish();
        if store.kind != "kv" {
            let hint = suggestion(&store.kind.to_string(), ["kv"]);
            let message = format!("a store is declared as `kv<K, V>`, not `{}`{hint}", store.kind);
            self.errors.error(store.kind.span(), message);
            self.declare(Named::Unknown { ident: store.name });
            return;
        }
        let id = self.new_store(
            store.name.clone(),
            StoreKind::KeyValue,
            store.key,
            store.value,
            (key_format, value_format),
            memory,
        );
        self.declare(Named::Store { id, ident: store.name });
    }

    /// Adds a store and its changelog.
    pub(crate) fn new_store(
        &mut self,
        ident: Ident,
        kind: StoreKind,
        key: Type,
        value: Type,
        (key_format, value_format): (Option<Format>, Option<Format>),
        memory: bool,
    ) -> StoreId {
        let (optional, value) = match option_of(&value) {
            Some(inner) => (true, inner.clone()),
            None => (false, value),
        };
        let (key_format, value_format) = self.formats(&key, &value, key_format, value_format);
        self.add_store(Store {
            name: ident.to_string(),
            ident,
            right: None,
            kind,
            key,
            value,
            optional,
            key_format,
            value_format,
            memory,
            changelog: TopicId(0),
            user: None,
        })
    }

    fn add_store(&mut self, mut store: Store) -> StoreId {
        let retention = match store.kind {
            StoreKind::KeyValue | StoreKind::Unmatched => None,
            StoreKind::Window { retention_ms }
            | StoreKind::Sliding { retention_ms }
            | StoreKind::Session { retention_ms } => Some(retention_ms),
        };
        let name = format!("{}-changelog", store.name);
        store.changelog = self.topic(Topic {
            name: quote!(#name),
            role: TopicRole::Changelog(retention),
            partitions: None,
            key: store.key.clone(),
            value: store.value.clone(),
            key_format: store.key_format.clone(),
            value_format: store.value_format.clone(),
        });
        self.graph.stores.push(store);
        StoreId(self.graph.stores.len() - 1)
    }

    /// A store that an operator declares in place; its name joins the others.
    pub(crate) fn declare_store_in_place(
        &mut self,
        ident: &Ident,
        kind: StoreKind,
        key: Type,
        value: Type,
        user: Span,
    ) -> StoreId {
        let id = self.new_store(ident.clone(), kind, key, value, (None, None), false);
        self.graph.store_mut(id).user = Some(user);
        self.declare(Named::Store { id, ident: ident.clone() });
        id
    }

    /// A topic's name: a text, or a constant of the module.
    pub(super) fn topic_name(&mut self, topic: &Expr) -> proc_macro2::TokenStream {
        if let Expr::Lit(literal) = topic
            && !matches!(literal.lit, syn::Lit::Str(_))
        {
            let message = "a topic's name is a text: `\"orders\"`, or a constant of type `&str`";
            self.errors.error(syn::spanned::Spanned::span(topic), message);
        }
        quote!(#topic)
    }

    /// A store of an operator's own, which nobody can name: its field, and its name in topics.
    pub(crate) fn own_store(
        &mut self,
        (ident, name): (Ident, String),
        kind: StoreKind,
        key: &Type,
        value: &Type,
        right: Option<&Type>,
    ) -> StoreId {
        let (key_format, value_format) = self.formats(key, value, None, None);
        let right = right.map(|right| (right.clone(), self.formats(key, right, None, None).1));
        let user = Some(ident.span());
        self.add_store(Store {
            ident,
            name,
            right,
            kind,
            key: key.clone(),
            value: value.clone(),
            optional: false,
            key_format,
            value_format,
            memory: false,
            changelog: TopicId(0),
            user,
        })
    }

    pub(super) fn topic(&mut self, topic: Topic) -> TopicId {
        self.graph.topics.push(topic);
        TopicId(self.graph.topics.len() - 1)
    }

    /// The formats of key and value, with an error at each type that has none.
    pub(super) fn formats(
        &mut self,
        key: &Type,
        value: &Type,
        key_format: Option<Format>,
        value_format: Option<Format>,
    ) -> (Format, Format) {
        let settings = &self.graph.settings;
        let key_default = settings.key_format.clone().or_else(|| settings.format.clone());
        let value_default = settings.format.clone();
        let mut one = |ty: &Type, own: Option<Format>, default: Option<Format>, word: &str| {
            if let Some(own) = &own {
                if let Some(message) = own.cannot_write(ty) {
                    self.errors.error(syn::spanned::Spanned::span(ty), message);
                }
                if windowed_of(ty).is_none() && session_of(ty).is_none() {
                    return Some(own.at(ty));
                }
            }
            let found = Format::of(ty, own.as_ref().or(default.as_ref()));
            if found.is_none() {
                let message = format!(
                    "no format for `{}`: set one for the topology (`format = json;`), or here \
                     (`{word} = json`)",
                    text(ty)
                );
                self.errors.error(syn::spanned::Spanned::span(ty), message);
            }
            found
        };
        let key = one(key, key_format, key_default, "key_format");
        let value = one(value, value_format, value_default, "format");
        (key.unwrap_or_else(Format::unknown), value.unwrap_or_else(Format::unknown))
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
        self.graph.nodes.push(Node { name, doc, span, operator, inputs, consumers, key, value });
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
        let mut flow = self.flow_of(chain);
        if let (Flow::End, true) = (&flow, calls > 0) {
            let message = format!(
                "the chain ends before it gives `{ident}` anything: leave out `let {ident} =`"
            );
            self.errors.error(ident.span(), message);
        }
        if let Some((key, value)) = declared {
            match &mut flow {
                Flow::Stream(s) => (s.key, s.value) = (Some(key), Some(value)),
                Flow::Table(t) => (t.key, t.value) = (Some(key), Some(value)),
                _ => {}
            }
        }
        let node = match &flow {
            Flow::Stream(s) => Some(s.node),
            Flow::Table(t) => Some(t.node),
            _ => None,
        };
        if let Some(node) = node.and_then(|n| self.graph.nodes.get_mut(n.0))
            && calls > 0
        {
            node.name = ident.to_string();
            node.doc = doc;
        }
        let broken = matches!(flow, Flow::Broken | Flow::End);
        self.names.insert(name.to_owned(), Named::Flow { ident, flow, used: broken });
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
                let message = format!(
                    "the chain ends in {} that nobody takes: end it in `.to(sink)`, `.branch {{ … }}` \
                     or `.for_each(…)`, or name it with `let x = …`",
                    other.what()
                );
                self.errors.error(last.span(), message);
            }
        }
    }

    fn flow_of(&mut self, chain: Chain) -> Flow {
        let flow = match chain.head {
            Head::Name(name) => self.lookup(&name),
            Head::Merge(word, names) => ops::merge(self, &word, &names),
        };
        self.apply(flow, chain.calls)
    }

    /// Applies operators one after the other.
    pub(crate) fn apply(&mut self, mut flow: Flow, calls: Vec<Call>) -> Flow {
        for call in calls {
            if matches!(flow, Flow::Broken) {
                self.check_after_error(call);
                continue;
            }
            let names = names_in(&call);
            flow = ops::build(self, flow, call);
            if matches!(flow, Flow::Broken) {
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

    fn report_unused(&mut self) {
        for (name, named) in &self.names {
            if self.mentioned.contains(name) {
                continue;
            }
            match named {
                Named::Flow { ident, flow, used: false } => {
                    let what = match flow {
                        Flow::Table(_) => "table",
                        _ => "stream",
                    };
                    // A table that was made by an operator is kept by its store.
                    let kept = matches!(flow, Flow::Table(t) if !self.graph.node(t.node).inputs.is_empty());
                    if !kept {
                        let message =
                            format!("{what} `{ident}` is never used: use it, or take it out");
                        self.errors.error(ident.span(), message);
                    }
                }
                Named::Sink { id, ident } if !self.graph.sink(*id).written => {
                    let message = format!(
                        "sink `{ident}` is never written: end a chain in `.to({ident})`, or take it out"
                    );
                    self.errors.error(ident.span(), message);
                }
                Named::Store { id, ident } if self.graph.store(*id).user.is_none() => {
                    let message = format!(
                        "store `{ident}` is never used: name it in an operator, or take it out"
                    );
                    self.errors.error(ident.span(), message);
                }
                _ => {}
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
