//! What a topology keeps outside of the program.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::topology::{StoreKind, TopicDescription, TopicRole, Topology, TypeDescription};

/// Topics and stores by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shape {
    pub(super) topics: BTreeMap<String, TopicShape>,
    pub(super) stores: BTreeMap<String, StoreShape>,
}

/// A topic that is not a changelog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TopicShape {
    pub(super) role: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) partitions: Option<i32>,
    pub(super) data: Data,
}

/// A store, with its changelog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoreShape {
    pub(super) kind: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) retention_ms: Option<i64>,
    /// Where its rows come back from; none for a store that has no history of its own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) changelog: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) data: Option<Data>,
}

/// Keys and values: types, formats, and the definitions of the types as far as the module has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Data {
    pub(super) key: String,
    pub(super) key_format: String,
    pub(super) value: String,
    pub(super) value_format: String,
    /// Of the definitions; the same text on every machine.
    pub(super) schema_hash: String,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(super) schema: Vec<String>,
}

impl Shape {
    pub(super) fn of<T: Topology>() -> Self {
        let description = T::DESCRIPTION;
        let mut shape = Self { topics: BTreeMap::new(), stores: BTreeMap::new() };
        for topic in description.topics {
            let role = match topic.role {
                TopicRole::Source => "source",
                TopicRole::Sink => "sink",
                TopicRole::DeadLetter => "dead letters",
                TopicRole::Repartition => "repartition",
                TopicRole::Changelog { .. } => continue,
            };
            let new = TopicShape {
                role: role.to_owned(),
                partitions: topic.partitions,
                data: Data::of(topic, T::TYPES),
            };
            shape.topics.entry(topic.name.to_owned()).or_insert(new);
        }
        for subtopology in description.subtopologies {
            for store in subtopology.stores {
                let kind = match store.kind {
                    StoreKind::KeyValue => "key-value",
                    StoreKind::Window => "window",
                    StoreKind::Session => "session",
                    StoreKind::Versioned => "versioned",
                };
                let changelog = store.changelog.and_then(|index| description.topic(index));
                let new = StoreShape {
                    kind: kind.to_owned(),
                    retention_ms: changelog.and_then(retention),
                    changelog: changelog.map(|topic| topic.name.to_owned()),
                    data: changelog.map(|topic| Data::of(topic, T::TYPES)),
                };
                shape.stores.insert(store.name.to_owned(), new);
            }
        }
        shape
    }
}

fn retention(changelog: &TopicDescription) -> Option<i64> {
    match changelog.role {
        TopicRole::Changelog { retention_ms, history_ms } => retention_ms.or(history_ms),
        _ => None,
    }
}

impl Data {
    fn of(topic: &TopicDescription, types: &[TypeDescription]) -> Self {
        let schema = definitions([topic.key_type, topic.value_type], types);
        Self {
            key: topic.key_type.to_owned(),
            key_format: topic.key_format.to_owned(),
            value: topic.value_type.to_owned(),
            value_format: topic.value_format.to_owned(),
            schema_hash: format!("{:016x}", hash(&schema)),
            schema,
        }
    }

    /// As people write it: `String → Order (utf8 → json)`.
    pub(super) fn text(&self) -> String {
        let Self { key, value, key_format, value_format, .. } = self;
        format!("{key} → {value} ({key_format} → {value_format})")
    }
}

/// The definitions of the types that are named in `roots`, and of those that are named in them, by
/// name.
fn definitions(roots: [&str; 2], types: &[TypeDescription]) -> Vec<String> {
    let mut open: Vec<&str> = roots.to_vec();
    let mut found: BTreeSet<&str> = BTreeSet::new();
    while let Some(text) = open.pop() {
        for word in text.split(|c: char| !c.is_alphanumeric() && c != '_') {
            if let Some(known) = types.iter().find(|t| t.name == word)
                && found.insert(known.name)
            {
                open.push(known.definition);
            }
        }
    }
    types.iter().filter(|t| found.contains(t.name)).map(|t| t.definition.to_owned()).collect()
}

/// FNV-1a, for which no library is needed and which is the same everywhere.
fn hash(texts: &[String]) -> u64 {
    let bytes = texts.iter().flat_map(|text| text.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
