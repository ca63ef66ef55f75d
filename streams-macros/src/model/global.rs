//! Declarations of global tables.

use super::build::{Builder, Named};
use super::graph::*;
use super::on_error::{OnError, Written};
use super::options::Options;
use super::types::Flow;
use crate::check;
use crate::parse;

impl Builder<'_> {
    /// `global name: table<K, V> = "topic", options;`
    pub(super) fn declare_global(&mut self, mut input: parse::Input) {
        self.own_types("global", &mut input);
        let mut options = Options::new("global", input.options, self.errors);
        let partitions = options.expr("partitions");
        let on_error = options.on_error();
        let value_format = options.format("format");
        let key_format = options.format("key_format");
        let memory = options.flag("memory");
        options.finish();
        if let Some(Written::DeadLetter(topic)) = &on_error {
            let span = syn::spanned::Spanned::span(topic);
            check::topics::dead_letters_of_global(self.errors, span);
        }
        let on_error = match on_error {
            Some(Written::Skip) => OnError::Skip,
            Some(_) => OnError::Fail,
            None if self.graph.policies.deserialization == OnError::Skip => OnError::Skip,
            None => OnError::Fail,
        };
        let (key_format, value_format) =
            self.formats(&input.key, &input.value, key_format, value_format);
        let name = self.topic_name(&input.topic);
        let topic = self.topic(Topic {
            name,
            role: TopicRole::Source,
            partitions,
            key: input.key.clone(),
            value: input.value.clone(),
            key_format,
            value_format,
        });
        // With the topic's number, where they have a registry.
        let written = self.graph.topic(topic);
        let (key_format, value_format) = (written.key_format.clone(), written.value_format.clone());
        let id = GlobalId(self.graph.globals.len());
        self.graph.globals.push(Global {
            ident: input.name.clone(),
            doc: input.doc,
            topic,
            key: input.key,
            value: input.value,
            key_format,
            value_format,
            memory,
            on_error,
        });
        self.declare(Named::Flow { ident: input.name, flow: Flow::Global(id), used: false });
    }
}
