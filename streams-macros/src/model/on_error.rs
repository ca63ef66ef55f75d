//! What becomes of records that fail: `fail`, `skip` or `dead_letter("topic")`, for the topology, a
//! source, an operator or a sink; and of those without a valid timestamp.

use proc_macro2::Span;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Expr, Type};

use super::build::Builder;
use super::format::Format;
use super::graph::{Graph, SourceId, Topic, TopicId, TopicRole};

/// A policy as it is written.
#[derive(Clone)]
pub(crate) enum Written {
    Fail,
    Skip,
    DeadLetter(Box<Expr>),
}

/// A policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OnError {
    #[default]
    Fail,
    Skip,
    /// To the dead letter topic.
    DeadLetter(TopicId),
}

/// What becomes of a record with a negative timestamp.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum InvalidTime {
    OnError(OnError),
    /// It takes the largest timestamp of its partition so far.
    PartitionTime,
}

/// The topology's policies, by what failed.
#[derive(Clone, Copy, Default)]
pub(crate) struct OnErrors {
    pub(crate) deserialization: OnError,
    pub(crate) processing: OnError,
    pub(crate) production: OnError,
}

/// The topology's policies as they are written.
#[derive(Default)]
pub(crate) struct WrittenOnErrors {
    pub(crate) all: Option<Written>,
    pub(crate) deserialization: Option<Written>,
    pub(crate) processing: Option<Written>,
    pub(crate) production: Option<Written>,
    pub(crate) invalid_time: Option<WrittenInvalidTime>,
}

/// The policy of invalid timestamps as it is written.
#[derive(Clone)]
pub(crate) enum WrittenInvalidTime {
    OnError(Written),
    PartitionTime,
}

impl Written {
    /// Reads a policy.
    pub(crate) fn read(word: &str, value: &Expr) -> syn::Result<Self> {
        match name_of(value).as_deref() {
            Some("fail") => return Ok(Written::Fail),
            Some("skip") => return Ok(Written::Skip),
            _ => {}
        }
        if let Expr::Call(call) = value
            && name_of(&call.func).as_deref() == Some("dead_letter")
            && let Some(topic) = call.args.first()
            && call.args.len() == 1
        {
            return Ok(Written::DeadLetter(Box::new(topic.clone())));
        }
        Err(syn::Error::new(
            value.span(),
            format!(
                "`{word}` is `fail` (stop at the record), `skip` (count it and go on) or \
                 `dead_letter(\"topic\")` (write it there and go on)"
            ),
        ))
    }
}

impl WrittenInvalidTime {
    /// Reads a policy of invalid timestamps.
    pub(crate) fn read(value: &Expr) -> syn::Result<Self> {
        if name_of(value).as_deref() == Some("partition_time") {
            return Ok(Self::PartitionTime);
        }
        Written::read("invalid_time", value).map(Self::OnError).map_err(|e| {
            syn::Error::new(
                e.span(),
                "`invalid_time` is `fail` (stop at the record), `skip` (count it and go on), \
                 `dead_letter(\"topic\")` (write it there and go on) or `partition_time` (the largest \
                 timestamp of its partition so far)",
            )
        })
    }
}

fn name_of(value: &Expr) -> Option<String> {
    match value {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

impl Builder<'_> {
    /// The topology's policies, with their topics.
    pub(super) fn resolve_policies(&mut self) {
        let written = std::mem::take(&mut self.graph.settings.on_error);
        let mut one = |own: &Option<Written>| {
            let written = own.as_ref().or(written.all.as_ref());
            written.map(|w| self.policy(w)).unwrap_or_default()
        };
        let policies = OnErrors {
            deserialization: one(&written.deserialization),
            processing: one(&written.processing),
            production: one(&written.production),
        };
        self.graph.policies = policies;
        self.graph.settings.on_error = written;
    }

    /// A policy, with its topic.
    pub(crate) fn policy(&mut self, written: &Written) -> OnError {
        match written {
            Written::Fail => OnError::Fail,
            Written::Skip => OnError::Skip,
            Written::DeadLetter(topic) => OnError::DeadLetter(self.dead_letter_topic(topic)),
        }
    }

    /// What becomes of a source's records with a negative timestamp: what the source says, what the
    /// topology says, or what becomes of its other records that cannot be read.
    pub(super) fn invalid_time(
        &mut self,
        own: Option<WrittenInvalidTime>,
        otherwise: OnError,
    ) -> InvalidTime {
        match own.or_else(|| self.graph.settings.on_error.invalid_time.clone()) {
            Some(WrittenInvalidTime::PartitionTime) => InvalidTime::PartitionTime,
            Some(WrittenInvalidTime::OnError(written)) => {
                InvalidTime::OnError(self.policy(&written))
            }
            None => InvalidTime::OnError(otherwise),
        }
    }

    /// The topic of dead letters of this name: bytes as they were read.
    fn dead_letter_topic(&mut self, topic: &Expr) -> TopicId {
        let name = self.topic_name(topic);
        let same =
            |t: &Topic| t.role == TopicRole::DeadLetter && t.name.to_string() == name.to_string();
        if let Some(known) = self.graph.topics.iter().position(same) {
            return TopicId(known);
        }
        let bytes: Type = syn::parse_quote!(::std::vec::Vec<u8>);
        let format = Format::bytes(Span::call_site());
        self.topic(Topic {
            name: quote!(#name),
            role: TopicRole::DeadLetter,
            partitions: None,
            key: bytes.clone(),
            value: bytes,
            key_format: format.clone(),
            value_format: format,
        })
    }
}

impl Graph {
    /// The dead letter topics that a sub-topology may write.
    pub(crate) fn dead_letters_of(&self, subtopology: usize) -> Vec<TopicId> {
        let here = |node: usize| self.subtopology.get(node) == Some(&subtopology);
        let mut policies = vec![self.policies.processing, self.policies.production];
        for source in self.sources.iter().filter(|s| here(s.node.0)) {
            policies.push(source.on_error);
            if let InvalidTime::OnError(policy) = source.invalid_time {
                policies.push(policy);
            }
        }
        for (_, node) in self.nodes_of(subtopology) {
            policies.extend(node.on_error);
            policies.extend(node.operator.sinks().iter().map(|s| self.sink(*s).on_error));
        }
        let mut topics: Vec<TopicId> = Vec::new();
        for policy in policies {
            if let OnError::DeadLetter(topic) = policy
                && !topics.contains(&topic)
            {
                topics.push(topic);
            }
        }
        topics
    }

    /// True if a function of the source's record gives its timestamp, or its partition's time may.
    pub(crate) fn follows_partition_time(&self, source: SourceId) -> bool {
        let source = self.source(source);
        source.time.is_some() || matches!(source.invalid_time, InvalidTime::PartitionTime)
    }
}
