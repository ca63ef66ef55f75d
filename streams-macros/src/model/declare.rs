//! Declarations: inputs, sinks and stores with their topics and formats.

use proc_macro2::Span;
use quote::{format_ident, quote};
use syn::{Expr, Ident, Type};

use super::build::{Builder, Named};
use super::format::Format;
use super::graph::*;
use super::on_error::{InvalidTime, OnError};
use super::options::{Options, TableChangelog};
use super::settings::Emit;
use super::types::*;
use crate::check;
use crate::ops::{self, Operator};
use crate::parse::{self, InputKind};

impl Builder<'_> {
    pub(super) fn declare(&mut self, named: Named) {
        let ident = named.ident().clone();
        if !self.is_declared(&ident) {
            self.names.insert(ident.to_string(), named);
        }
    }

    /// True, and an error, if something else has this name: the first counts.
    fn is_declared(&mut self, ident: &Ident) -> bool {
        match self.names.get(&ident.to_string()) {
            None => return false,
            // An error has been reported, and nothing is known of the first to compare with.
            Some(Named::Unknown { .. }) => {}
            Some(first) => check::names::declared_twice(self.errors, ident, first.ident()),
        }
        true
    }

    pub(super) fn declare_input(&mut self, mut input: parse::Input) {
        self.mention(input.cut.take());
        if self.is_declared(&input.name) {
            return;
        }
        if input.kind == InputKind::Global {
            return self.declare_global(input);
        }
        let table = input.kind == InputKind::Table;
        let word = if table { "table" } else { "source" };
        if table {
            self.own_types(word, &mut input);
        }
        let emit = self.graph.settings.emit;
        let mut options = Options::new(word, input.options, self.errors);
        let partitions = options.expr("partitions");
        let time = options.expr("time");
        let on_error = options.on_error();
        let invalid_time = options.invalid_time();
        let latest = options.reset();
        let value_format = options.format("format");
        let key_format = options.format("key_format");
        let memory = table && options.flag("memory");
        let changelog = match table {
            true => options.table_changelog(),
            false => TableChangelog::Own,
        };
        let versioned = if table { options.retention("versioned") } else { None };
        let on_commit = table && options.on_commit(emit);
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
        let on_error = match &on_error {
            Some(written) => self.policy(written),
            None => self.graph.policies.deserialization,
        };
        let invalid_time = self.invalid_time(invalid_time, on_error);
        if let TableChangelog::Source(span) = changelog {
            let timed = time.as_ref().map(syn::spanned::Spanned::span);
            let keeps_all =
                on_error == OnError::Fail && invalid_time == InvalidTime::OnError(OnError::Fail);
            let obstacles = check::stores::SourceChangelog {
                timed,
                versioned: versioned.is_some(),
                latest,
                keeps_all,
            };
            check::stores::source_changelog(self.errors, &input.name, span, &obstacles);
        }
        let source = SourceId(self.graph.sources.len());
        let node = NodeId(self.graph.nodes.len());
        self.graph.sources.push(Source {
            name: input.name.to_string(),
            ident: input.name.clone(),
            topic,
            table,
            time,
            latest,
            on_error,
            invalid_time,
            node,
        });
        let (operator, store): (Box<dyn Operator>, _) = if table {
            let store = Store {
                ident: input.name.clone(),
                name: input.name.to_string(),
                right: None,
                kind: match versioned {
                    Some(retention_ms) => StoreKind::Versioned { retention_ms },
                    None => StoreKind::KeyValue,
                },
                key: input.key.clone(),
                value: input.value.clone(),
                optional: false,
                key_format,
                value_format,
                memory,
                on_commit,
                changelog: None,
                user: Some(input.name.span()),
                doc: input.doc.clone(),
                shared: false,
            };
            let store = match changelog {
                TableChangelog::Own => self.add_store(store, true),
                TableChangelog::Off => self.add_store(store, false),
                TableChangelog::Source(_) => self.push_store(store, Some(topic)),
            };
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
            on_error: None,
        });
        let (key, value) = (Some(input.key), Some(input.value));
        let flow = match store {
            Some(store) => {
                let (store, window) = (Some(store), None);
                let (nullable, versioned) = (true, versioned.is_some());
                Flow::Table(TableFlow { node, key, value, store, nullable, window, versioned })
            }
            None => Flow::Stream(StreamFlow { node, key, value, rekeyed: None }),
        };
        self.declare(Named::Flow { ident: input.name, flow, used: false });
    }

    /// The rows of a table are kept.
    pub(super) fn own_types(&mut self, word: &str, input: &mut parse::Input) {
        let what = format!("{word} `{}`", input.name);
        for ty in [&mut input.key, &mut input.value] {
            *ty = check::stores::owned(self.errors, &what, ty);
        }
    }

    pub(super) fn declare_sink(&mut self, sink: parse::Sink) {
        self.mention(sink.cut);
        if self.is_declared(&sink.name) {
            return;
        }
        let mut options = Options::new("sink", sink.options, self.errors);
        let on_error = options.on_error();
        let partitions = options.expr("partitions");
        let value_format = options.format("format");
        let key_format = options.format("key_format");
        let feedback = options.flag("feedback");
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
        let on_error = match &on_error {
            Some(written) => self.policy(written),
            None => self.graph.policies.production,
        };
        let (ident, doc, written) = (sink.name.clone(), sink.doc, false);
        self.graph.sinks.push(Sink { ident, doc, table, topic, written, on_error, feedback });
        self.declare(Named::Sink { id, ident: sink.name });
    }

    pub(super) fn declare_store(&mut self, store: parse::Store) {
        self.mention(store.cut);
        if self.is_declared(&store.name) {
            return;
        }
        let emit = self.graph.settings.emit;
        let mut options = Options::new("store", store.options, self.errors);
        let value_format = options.format("format");
        let key_format = options.format("key_format");
        let memory = options.flag("memory");
        let kafka_name = options.kafka_name();
        let logged = options.logged();
        let kind = match store.kind.to_string().as_str() {
            "kv" => Some(StoreKind::KeyValue),
            "versioned" => options
                .needed_retention(&store.kind)
                .map(|retention_ms| StoreKind::Versioned { retention_ms }),
            "window" => options
                .needed_retention(&store.kind)
                .map(|retention_ms| StoreKind::Window { retention_ms }),
            "session" => options
                .needed_retention(&store.kind)
                .map(|retention_ms| StoreKind::Session { retention_ms }),
            _ => {
                let known = ["kv", "versioned", "window", "session"];
                check::stores::unknown_kind(self.errors, &store.kind, &known);
                self.declare(Named::Unknown { ident: store.name });
                return;
            }
        };
        let on_commit = options.on_commit(emit);
        options.finish();
        self.kafka_name = kafka_name;
        let Some(kind) = kind else {
            self.declare(Named::Unknown { ident: store.name });
            return;
        };
        let what = format!("store `{}`", store.name);
        let mut owned = |ty| check::stores::owned(self.errors, &what, ty);
        let (key, value) = (owned(&store.key), owned(&store.value));
        let id = self.new_store(
            store.name.clone(),
            kind,
            (key, value),
            (key_format, value_format),
            (memory, on_commit),
            logged,
        );
        self.graph.store_mut(id).doc = store.doc;
        self.kafka_name = None;
        self.declare(Named::Store { id, ident: store.name });
    }

    /// Adds a store and its changelog.
    pub(crate) fn new_store(
        &mut self,
        ident: Ident,
        kind: StoreKind,
        (key, value): (Type, Type),
        (key_format, value_format): (Option<Format>, Option<Format>),
        (memory, on_commit): (bool, bool),
        logged: bool,
    ) -> StoreId {
        let (optional, value) = match option_of(&value) {
            Some(inner) => (true, inner.clone()),
            None => (false, value),
        };
        let (key_format, value_format) = self.formats(&key, &value, key_format, value_format);
        let store = Store {
            name: self.kafka_name_of(&ident),
            ident,
            right: None,
            kind,
            key,
            value,
            optional,
            key_format,
            value_format,
            memory,
            on_commit,
            changelog: None,
            user: None,
            doc: String::new(),
            shared: false,
        };
        self.add_store(store, logged)
    }

    fn add_store(&mut self, store: Store, logged: bool) -> StoreId {
        let name = format!("{}-changelog", store.name);
        let changelog = logged.then(|| {
            self.topic(Topic {
                name: quote!(#name),
                role: TopicRole::Changelog(store.kind.kept()),
                partitions: None,
                key: store.key.clone(),
                value: store.value.clone(),
                key_format: store.key_format.clone(),
                value_format: store.value_format.clone(),
            })
        });
        self.push_store(store, changelog)
    }

    fn push_store(&mut self, mut store: Store, changelog: Option<TopicId>) -> StoreId {
        store.changelog = changelog;
        if self.graph.stores.iter().any(|other| other.ident == store.ident) {
            // `check::stable_names` reports it.
            store.ident = quote::format_ident!("{}_{}", store.ident, self.graph.stores.len());
        }
        (store.key_format, store.value_format) = match store.changelog {
            // A row is written as in the changelog, by the same schema.
            Some(topic) => {
                let topic = self.graph.topic(topic);
                (topic.key_format.clone(), topic.value_format.clone())
            }
            // No topic, no subject in a registry.
            None => (store.key_format.unregistered(), store.value_format.unregistered()),
        };
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
        // After an error a name that nothing else has.
        let name = match self.is_declared(ident) {
            false => ident.clone(),
            true => quote::format_ident!("{ident}_{}", self.graph.stores.len()),
        };
        let value = check::stores::owned(self.errors, &format!("store `{ident}`"), &value);
        let on_commit = self.graph.settings.emit == Emit::Commit;
        let id = self.new_store(
            name.clone(),
            kind,
            (key, value),
            (None, None),
            (false, on_commit),
            true,
        );
        self.graph.store_mut(id).user = Some(user);
        self.declare(Named::Store { id, ident: name });
        id
    }

    /// A topic's name: a text, or a constant of the module.
    pub(super) fn topic_name(&mut self, topic: &Expr) -> proc_macro2::TokenStream {
        if let Expr::Lit(literal) = topic
            && !matches!(literal.lit, syn::Lit::Str(_))
        {
            let message = "a topic's name is a text: `\"orders\"`, or a constant of type `&str`";
            self.errors.error(syn::spanned::Spanned::span(topic), message);
            return quote!("");
        }
        quote!(#topic)
    }

    /// The clock beside a store of windows.
    pub(crate) fn clock_store(&mut self, of: &Ident) -> StoreId {
        let names = (format_ident!("{of}_clock"), format!("{of}-clock"));
        let (key, value) = (syn::parse_quote!(String), syn::parse_quote!(i64));
        self.own_store(names, StoreKind::Clock, &key, &value, None)
    }

    /// The buffer of a `suppress`; of windows of one length, so that their ends are known when it is
    /// read back.
    pub(crate) fn suppress_store(
        &mut self,
        label: &Ident,
        key: &Type,
        value: &Type,
        length_ms: Option<i64>,
    ) -> StoreId {
        let names = (format_ident!("{label}_store"), format!("{label}-store"));
        let store = self.own_store(names, StoreKind::Suppress, key, value, None);
        if let (Some(inner), Some(length_ms)) = (windowed_of(key), length_ms) {
            let (format, _) = self.formats(inner, value, None, None);
            let tokens = &format.tokens;
            self.graph.store_mut(store).key_format.tokens =
                quote!(::streams::format::TimeWindowed<#tokens, #length_ms>);
        }
        store
    }

    /// A store of an operator's own, which nobody can name: its field, and its name in topics. `right`
    /// values are written as in the store that has them alone.
    pub(crate) fn own_store(
        &mut self,
        (ident, name): (Ident, String),
        kind: StoreKind,
        key: &Type,
        value: &Type,
        right: Option<(&Type, StoreId)>,
    ) -> StoreId {
        let (key_format, value_format) = self.formats(key, value, None, None);
        let right = right.map(|(ty, of)| (ty.clone(), self.graph.store(of).value_format.clone()));
        self.own_store_in((ident, name), kind, (key, key_format), (value, value_format), right)
    }

    /// As [`own_store`](Self::own_store), with formats.
    pub(crate) fn own_store_in(
        &mut self,
        (ident, name): (Ident, String),
        kind: StoreKind,
        (key, key_format): (&Type, Format),
        (value, value_format): (&Type, Format),
        right: Option<(Type, Format)>,
    ) -> StoreId {
        let user = Some(ident.span());
        let store = Store {
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
            on_commit: false,
            changelog: None,
            user,
            doc: String::new(),
            shared: false,
        };
        self.add_store(store, true)
    }

    pub(super) fn topic(&mut self, mut topic: Topic) -> TopicId {
        let id = TopicId(self.graph.topics.len());
        topic.key_format = topic.key_format.on(id, true);
        topic.value_format = topic.value_format.on(id, false);
        self.graph.topics.push(topic);
        id
    }

    /// The formats of key and value, with an error at each type that has none.
    pub(crate) fn formats(
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
                if !check::formats::writes(self.errors, own, ty) {
                    return None;
                }
                return own.chosen(ty);
            }
            let found = Format::of(ty, default.as_ref());
            if found.is_none() {
                check::formats::missing(self.errors, ty, word);
            }
            found
        };
        let key = one(key, key_format, key_default, "key_format");
        let value = one(value, value_format, value_default, "format");
        (key.unwrap_or_else(Format::unknown), value.unwrap_or_else(Format::unknown))
    }
}
