//! JSON.

use serde_json::{Value, json};

use super::view::{Kind, Node, Part, View};
use crate::topology::{StoreKind, TopicDescription, TopicRole};

pub(super) fn json(view: &View<'_>) -> String {
    let subtopologies: Vec<Value> = view.parts.iter().enumerate().map(part).collect();
    let topics: Vec<Value> = view.topology.topics.iter().map(topic).collect();
    let all = json!({
        "name": view.topology.name,
        "topics": topics,
        "subtopologies": subtopologies,
    });
    format!("{all:#}\n")
}

fn topic(topic: &TopicDescription) -> Value {
    let role = match topic.role {
        TopicRole::Source => "source",
        TopicRole::Sink => "sink",
        TopicRole::Repartition => "repartition",
        TopicRole::Changelog { .. } => "changelog",
        TopicRole::DeadLetter => "dead_letter",
    };
    json!({
        "name": topic.name,
        "role": role,
        "partitions": topic.partitions,
        "key": { "type": topic.key_type, "format": topic.key_format },
        "value": { "type": topic.value_type, "format": topic.value_format },
    })
}

fn part((number, part): (usize, &Part<'_>)) -> Value {
    let stores = part.stores.iter().map(|store| {
        let kind = match store.kind {
            StoreKind::KeyValue => "key_value",
            StoreKind::Window => "window",
            StoreKind::Session => "session",
            StoreKind::Versioned => "versioned",
        };
        json!({ "name": store.name, "kind": kind, "memory": store.memory, "doc": store.doc })
    });
    json!({
        "number": number,
        "global": part.global,
        "nodes": part.nodes.iter().map(node).collect::<Vec<_>>(),
        "stores": stores.collect::<Vec<_>>(),
    })
}

fn node(node: &Node<'_>) -> Value {
    let mut all = json!({
        "name": node.name,
        "operator": node.operator,
        "doc": node.doc,
        "next": node.next,
        "previous": node.previous,
    });
    let (kind, key, value) = match &node.kind {
        Kind::Source(topic) => ("source", "topic", json!(topic)),
        Kind::Processor(stores) => ("processor", "stores", json!(stores)),
        Kind::Sink(topic) => ("sink", "topic", json!(topic)),
    };
    if let Value::Object(fields) = &mut all {
        fields.insert("type".to_owned(), json!(kind));
        fields.insert(key.to_owned(), value);
    }
    all
}
