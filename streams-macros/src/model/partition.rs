//! Repartition topics: where records are brought together by their key.

use proc_macro2::Span;
use quote::quote;
use syn::{Expr, Ident, Type};

use super::build::Builder;
use super::format::Format;
use super::graph::*;
use super::on_error::OnError;
use super::types::*;
use crate::check;
use crate::ops;

/// Which nulls stay in a stream on its way to state that is kept by key.
#[derive(Clone, Copy)]
pub(crate) struct Nulls {
    pub(crate) keep_keys: bool,
    pub(crate) keep_values: bool,
}

/// What a repartition topic that the model put in is made of.
#[derive(PartialEq, Eq)]
pub(super) struct Repartitioned {
    node: NodeId,
    /// Null keys, null values.
    dropped: (bool, bool),
    on_error: Option<OnError>,
    /// Its name, where the operator says one.
    kafka_name: Option<String>,
}

/// Which nulls, of keys and of values, a stream has that do not stay.
fn dropped(stream: &StreamFlow, nulls: Nulls) -> (bool, bool) {
    let nullable = |ty: &Option<Type>| ty.as_ref().is_some_and(|ty| option_of(ty).is_some());
    (!nulls.keep_keys && nullable(&stream.key), !nulls.keep_values && nullable(&stream.value))
}

impl Builder<'_> {
    /// Makes a stream ready for state that is kept by key: null keys (and, if asked for, null
    /// values) are dropped, and where the key changed, the records go through a repartition topic
    /// of this name.
    pub(crate) fn partitioned(
        &mut self,
        stream: StreamFlow,
        topic: &str,
        key_hint: Option<&Type>,
        drop_null_values: bool,
        at: &Ident,
    ) -> Option<StreamFlow> {
        let nulls = Nulls { keep_keys: false, keep_values: !drop_null_values };
        self.partitioned_with(stream, topic, key_hint, nulls, at)
    }

    /// As [`partitioned`](Self::partitioned), with a choice of the nulls that stay.
    pub(crate) fn partitioned_with(
        &mut self,
        mut stream: StreamFlow,
        topic: &str,
        key_hint: Option<&Type>,
        nulls: Nulls,
        at: &Ident,
    ) -> Option<StreamFlow> {
        if stream.key.is_none() {
            stream.key = key_hint.cloned();
        }
        let Some(changed) = stream.rekeyed else {
            return Some(self.drop_nulls(stream, nulls, topic, at.span()));
        };
        // Whoever needs the same records by the same key reads the same topic.
        let of = Repartitioned {
            node: stream.node,
            dropped: dropped(&stream, nulls),
            on_error: self.on_error,
            kafka_name: self.kafka_name.clone(),
        };
        if let Some((_, read)) = self.repartitions.iter().find(|(known, _)| *known == of) {
            return Some(read.clone());
        }
        check::co_partitioning::implicit(self, topic, at, changed);
        let stream = self.drop_nulls(stream, nulls, topic, at.span());
        let read = self.repartition(stream, topic, None, at, Some(changed))?;
        self.repartitions.push((of, read.clone()));
        Some(read)
    }

    /// Drops nulls that do not stay, for an operator of this name.
    pub(crate) fn drop_nulls(
        &mut self,
        mut stream: StreamFlow,
        nulls: Nulls,
        name: &str,
        at: Span,
    ) -> StreamFlow {
        let (null_keys, null_values) = dropped(&stream, nulls);
        if null_keys || null_values {
            let some = |ty: Option<Type>, drop: bool| match &ty {
                Some(t) if drop => option_of(t).cloned().or(ty),
                _ => ty,
            };
            stream.key = some(stream.key, null_keys);
            stream.value = some(stream.value, null_values);
            let operator = Box::new(ops::DropNulls { keys: null_keys, values: null_values });
            let name = format!("{name}-drop-nulls");
            let (key, value) = (stream.key.clone(), stream.value.clone());
            stream.node = self.add(name, at, operator, vec![stream.node], key, value);
        }
        stream
    }

    /// Puts a repartition topic behind a stream.
    pub(crate) fn repartition(
        &mut self,
        stream: StreamFlow,
        topic: &str,
        partitions: Option<Expr>,
        at: &Ident,
        changed: Option<Span>,
    ) -> Option<StreamFlow> {
        let mut unknown = |part: &str, how: &str| {
            let message = format!(
                "the {part}'s type is not written anywhere before this repartition topic: {how}"
            );
            let span = changed.unwrap_or(at.span());
            self.errors.error_with(span, message, at.span(), "the repartition is needed here");
        };
        let how_key = "give the closure a return type (`|_, v| -> String { … }`), or use a function of this module";
        let how_value = "give the closure that made it a return type (`|v| -> Order { … }`), or name \
                         the stream with its types (`let x: stream<K, V> = …`)";
        let key = stream.key.clone();
        let value = stream.value.clone();
        if key.is_none() {
            unknown("key", how_key);
        }
        if value.is_none() {
            unknown("value", how_value);
        }
        let (key, value) = (key?, value?);
        let (owned_key, owned_value) = (borrowed_to_owned(&key), borrowed_to_owned(&value));
        let (key_format, value_format) = self.formats(&owned_key, &owned_value, None, None);
        let name = format!("{topic}-repartition");
        let id = self.topic(Topic {
            name: quote!(#name),
            role: TopicRole::Repartition,
            partitions,
            key: owned_key.clone(),
            value: owned_value.clone(),
            key_format,
            value_format,
        });
        let (k, v) = (Some(key.clone()), Some(value.clone()));
        let write = Box::new(ops::RepartitionWrite { topic: id, key, value });
        let implicit = stream.rekeyed.is_some();
        let node = self.add(format!("{name}-sink"), at.span(), write, vec![stream.node], k, v);
        self.graph.repartitions.push(Repartition { topic: id, at: at.clone(), node, implicit });
        Some(self.read_repartition(name, id, owned_key, owned_value, at))
    }

    /// The repartition topic of a table's updates; gives it and the name of its writing side.
    pub(crate) fn change_topic(
        &mut self,
        topic: &str,
        key: &Type,
        value: &Type,
    ) -> (TopicId, String) {
        let (key_format, inner) = self.formats(key, value, None, None);
        let value_format = inner.inside("Changed", "change of");
        let name = format!("{topic}-repartition");
        let value = syn::parse_quote!(::streams::__private::Change<#value>);
        let id =
            self.internal_topic(name.clone(), (key.clone(), key_format), (value, value_format));
        (id, name)
    }

    /// A topic of an operator's own, which the topology writes and reads.
    pub(crate) fn internal_topic(
        &mut self,
        name: String,
        (key, key_format): (Type, Format),
        (value, value_format): (Type, Format),
    ) -> TopicId {
        self.topic(Topic {
            name: quote!(#name),
            role: TopicRole::Repartition,
            partitions: None,
            key,
            value,
            key_format,
            value_format,
        })
    }

    /// The reading side of a repartition topic.
    pub(crate) fn read_repartition(
        &mut self,
        name: String,
        id: TopicId,
        owned_key: Type,
        owned_value: Type,
        at: &Ident,
    ) -> StreamFlow {
        let source = SourceId(self.graph.sources.len());
        let name = match self.graph.sources.iter().any(|other| other.name == name) {
            false => name,
            // `check::stable_names` reports it.
            true => format!("{name}-{}", source.0),
        };
        let (k, v) = (Some(owned_key.clone()), Some(owned_value.clone()));
        let read = Box::new(ops::Source { source });
        let node = self.add(format!("{name}-source"), at.span(), read, Vec::new(), k, v);
        let on_error = self.graph.policies.deserialization;
        let invalid_time = self.invalid_time(None, on_error);
        self.graph.sources.push(Source {
            name,
            ident: at.clone(),
            topic: id,
            table: false,
            time: None,
            latest: false,
            on_error,
            invalid_time,
            node,
        });
        StreamFlow { node, key: Some(owned_key), value: Some(owned_value), rekeyed: None }
    }
}
