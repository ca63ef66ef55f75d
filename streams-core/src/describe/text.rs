//! The text of Kafka Streams.

use super::view::{Kind, Node, View};

pub(super) fn text(view: &View<'_>) -> String {
    // Kafka Streams indents the first sub-topology by one more.
    let mut text = String::from("Topologies:\n ");
    for (number, part) in view.parts.iter().enumerate() {
        let kind = if part.global { " for global store (will not generate tasks)" } else { "" };
        text.push_str(&format!("  Sub-topology: {number}{kind}\n"));
        for node in &part.nodes {
            lines(node, &mut text);
        }
        for store in part.stores.iter().filter(|s| !s.doc.is_empty()) {
            text.push_str(&format!("    // {}:\n", store.name));
            doc(store.doc, &mut text);
        }
        text.push('\n');
    }
    text
}

fn lines(node: &Node<'_>, text: &mut String) {
    let name = &node.name;
    let head = match &node.kind {
        Kind::Source(topic) => format!("Source: {name} (topics: [{topic}])"),
        Kind::Processor(stores) => format!("Processor: {name} (stores: [{}])", stores.join(", ")),
        Kind::Sink(Some(topic)) => format!("Sink: {name} (topic: {topic})"),
        Kind::Sink(None) => format!("Sink: {name} (extractor: a topic for each record)"),
    };
    text.push_str(&format!("    {head}\n"));
    if !matches!(node.kind, Kind::Sink(_)) {
        text.push_str(&format!("      --> {}\n", list(&node.next)));
    }
    if !matches!(node.kind, Kind::Source(_)) {
        text.push_str(&format!("      <-- {}\n", list(&node.previous)));
    }
    doc(node.doc, text);
}

fn doc(doc: &str, text: &mut String) {
    for line in doc.lines() {
        text.push_str(&format!("      // {line}\n"));
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
