//! Topics: one topic carries one type of key and one of value, in one format, and is read by one
//! source.

use std::collections::BTreeMap;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Ident, Type};

use crate::diagnostic::Diagnostics;
use crate::model::{Graph, Topic, TopicId, TopicRole, option_of, reference_of, text};

pub(super) fn check(graph: &Graph, errors: &mut Diagnostics) {
    let mut first: BTreeMap<String, TopicId> = BTreeMap::new();
    dead_letters(graph, errors);
    for (number, topic) in graph.topics.iter().enumerate() {
        if !matches!(topic.role, TopicRole::Source | TopicRole::Sink) {
            continue;
        }
        let id = TopicId(number);
        let name = topic.name.to_string();
        let Some(other) = first.get(&name).copied() else {
            first.insert(name, id);
            continue;
        };
        if topic.role == TopicRole::Source && graph.topic(other).role == TopicRole::Source {
            read_twice(graph, errors, &name, (other, id));
        }
        let first = graph.topic(other);
        let places = (place(graph, other), place(graph, id));
        one_type(errors, &name, "keys", (first, topic), |t| &t.key);
        one_type(errors, &name, "values", (first, topic), |t| &t.value);
        one_format(errors, &name, "keys", places, |t| &t.key_format.name, (first, topic));
        one_format(errors, &name, "values", places, |t| &t.value_format.name, (first, topic));
    }
}

/// A global table is read beside the tasks, by nobody who could write dead letters.
pub(crate) fn dead_letters_of_global(errors: &mut Diagnostics, at: Span) {
    let message = "a global table has no dead letters, since no task reads it: choose `on_error = fail` or \
                   `on_error = skip`";
    errors.error(at, message);
}

/// Dead letters are bytes of any type: they have a topic of their own.
fn dead_letters(graph: &Graph, errors: &mut Diagnostics) {
    for letters in graph.topics.iter().filter(|t| t.role == TopicRole::DeadLetter) {
        let name = letters.name.to_string();
        let same = |t: &&Topic| {
            matches!(t.role, TopicRole::Source | TopicRole::Sink) && t.name.to_string() == name
        };
        let Some(other) = graph.topics.iter().find(same) else { continue };
        let what = match other.role {
            TopicRole::Source => "which is read here: what fails would come back",
            _ => "which has results: who reads them cannot read dead letters",
        };
        let message =
            format!("dead letters would go to topic {name}, {what}. Give them another topic");
        let (at, other) = (letters.name.span(), other.name.span());
        errors.error_with(at, message, other, "the topic is used here");
    }
}

fn read_twice(graph: &Graph, errors: &mut Diagnostics, name: &str, ids: (TopicId, TopicId)) {
    let source = |id| graph.sources.iter().find(|s| s.topic == id).map(|s| &s.ident);
    let (Some(first), Some(second)) = (source(ids.0), source(ids.1)) else { return };
    let is_table = |ident: &Ident| graph.sources.iter().any(|s| s.ident == *ident && s.table);
    let advice = match (is_table(first), is_table(second)) {
        (false, true) => format!("make the table of it: `{first}.to_table({second})`"),
        (true, false) => format!("take the stream from it: `{first}.to_stream()`"),
        _ => format!("use `{first}` here, too; it may go into any number of chains"),
    };
    let message = format!("topic {name} is read by `{first}` already: {advice}");
    errors.error_with(second.span(), message, first.span(), "first read here");
}

fn one_type(
    errors: &mut Diagnostics,
    name: &str,
    part: &str,
    (first, second): (&Topic, &Topic),
    of: impl Fn(&Topic) -> &Type,
) {
    let (a, b) = (of(first), of(second));
    if plain(a) != plain(b) {
        let (a_text, b_text) = (text(a), text(b));
        let message = format!(
            "topic {name} has {part} of type `{b_text}` here and `{a_text}` elsewhere: one topic carries one \
             type. Give one of the two another topic, or both one type"
        );
        errors.error_with(b.span(), message, a.span(), format!("`{a_text}` here"));
    }
}

fn one_format(
    errors: &mut Diagnostics,
    name: &str,
    part: &str,
    (first_place, place): (Span, Span),
    of: impl Fn(&Topic) -> &String,
    (first, second): (&Topic, &Topic),
) {
    let (a, b) = (of(first), of(second));
    let same_types =
        plain(&first.key) == plain(&second.key) && plain(&first.value) == plain(&second.value);
    if a != b && same_types && !first.has_unknown_format() && !second.has_unknown_format() {
        let message = format!(
            "topic {name} has its {part} in format `{b}` here and `{a}` elsewhere: what one writes, the \
             other cannot read. Give both one format"
        );
        errors.error_with(place, message, first_place, format!("`{a}` here"));
    }
}

/// Where a topic's source or sink is declared.
fn place(graph: &Graph, id: TopicId) -> Span {
    let source = graph.sources.iter().find(|s| s.topic == id).map(|s| s.ident.span());
    let sink = graph.sinks.iter().find(|s| s.topic == id).map(|s| s.ident.span());
    let global = graph.globals.iter().find(|g| g.topic == id).map(|g| g.ident.span());
    source.or(sink).or(global).unwrap_or_else(Span::call_site)
}

/// A type as it is on the wire: null or not, borrowed or owned.
fn plain(ty: &Type) -> String {
    let ty = option_of(ty).unwrap_or(ty);
    let written = text(reference_of(ty).unwrap_or(ty));
    match written.as_str() {
        "str" => "String".to_owned(),
        "[u8]" => "Vec<u8>".to_owned(),
        _ => written,
    }
}
