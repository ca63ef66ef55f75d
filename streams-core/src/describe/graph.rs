//! Pictures: sub-topologies as boxes, topics between them.

use std::collections::BTreeMap;

use super::view::{Kind, Node, View};

/// A picture's names for what it shows, in the order in which they are first asked for: names of
/// topologies have characters that mermaid and Graphviz do not take.
#[derive(Default)]
struct Ids(BTreeMap<String, usize>);

impl Ids {
    fn of(&mut self, what: &str, name: &str) -> String {
        let next = self.0.len();
        format!("{what}{}", *self.0.entry(format!("{what} {name}")).or_insert(next))
    }

    fn node(&mut self, part: usize, node: &str) -> String {
        self.of("n", &format!("{part} {node}"))
    }
}

/// What differs between the languages.
struct Language {
    head: &'static str,
    /// Box around a sub-topology: before and after its number.
    open: (&'static str, &'static str),
    close: &'static str,
    tail: &'static str,
    source: fn(&str) -> String,
    processor: fn(&str) -> String,
    sink: fn(&str) -> String,
    store: fn(&str) -> String,
    topic: fn(&str) -> String,
    arrow: fn(&str, &str) -> String,
    uses: fn(&str, &str) -> String,
}

pub(super) fn mermaid(view: &View<'_>) -> String {
    draw(
        view,
        &Language {
            head: "flowchart TD\n",
            open: ("  subgraph s", "[\"Sub-topology "),
            close: "  end\n",
            tail: "",
            source: |name| format!("([\"{}\"])", mermaid_text(name)),
            processor: |name| format!("[\"{}\"]", mermaid_text(name)),
            sink: |name| format!("([\"{}\"])", mermaid_text(name)),
            store: |name| format!("[(\"{}\")]", mermaid_text(name)),
            topic: |name| format!("[/\"{}\"/]", mermaid_text(name)),
            arrow: |from, to| format!("{from} --> {to}"),
            uses: |from, to| format!("{from} -.- {to}"),
        },
    )
}

pub(super) fn dot(view: &View<'_>) -> String {
    draw(
        view,
        &Language {
            head: "digraph topology {\n  rankdir=TB;\n",
            open: ("  subgraph cluster_", " {\n    label=\"Sub-topology "),
            close: "  }\n",
            tail: "}\n",
            source: |name| format!(" [label=\"{}\", shape=ellipse];", dot_text(name)),
            processor: |name| format!(" [label=\"{}\", shape=box];", dot_text(name)),
            sink: |name| format!(" [label=\"{}\", shape=ellipse];", dot_text(name)),
            store: |name| format!(" [label=\"{}\", shape=cylinder];", dot_text(name)),
            topic: |name| format!(" [label=\"{}\", shape=parallelogram];", dot_text(name)),
            arrow: |from, to| format!("{from} -> {to};"),
            uses: |from, to| format!("{from} -> {to} [style=dotted, dir=none];"),
        },
    )
}

fn draw(view: &View<'_>, language: &Language) -> String {
    let mut ids = Ids::default();
    let mut text = String::from(language.head);
    let mut topics = Vec::new();
    let mut edges = Vec::new();
    for (number, part) in view.parts.iter().enumerate() {
        let end = if language.tail.is_empty() { "\"]\n" } else { "\";\n" };
        let (before, after) = language.open;
        text.push_str(&format!("{before}{number}{after}{number}{end}"));
        for node in &part.nodes {
            let id = ids.node(number, &node.name);
            text.push_str(&format!("    {id}{}\n", shape(language, node)));
            for next in &node.next {
                edges.push((language.arrow)(&id, &ids.node(number, next)));
            }
            let mut at_topic = |topic: &str, read: bool| {
                let place = ids.of("t", topic);
                if !topics.iter().any(|(known, _)| *known == place) {
                    topics.push((place.clone(), topic.to_owned()));
                }
                let (from, to) = if read { (&place, &id) } else { (&id, &place) };
                edges.push((language.arrow)(from, to));
            };
            match &node.kind {
                Kind::Source(topic) => at_topic(topic, true),
                Kind::Sink(Some(topic)) => at_topic(topic, false),
                Kind::Sink(None) => at_topic("a topic for each record", false),
                Kind::Processor(stores) => {
                    for store in stores {
                        edges.push((language.uses)(&id, &ids.of("k", store)));
                    }
                }
            }
        }
        let mut stores: Vec<&str> = part.stores.iter().map(|store| store.name).collect();
        if part.global {
            stores.extend(part.nodes.iter().flat_map(Node::stores));
        }
        for store in stores {
            text.push_str(&format!("    {}{}\n", ids.of("k", store), (language.store)(store)));
        }
        text.push_str(language.close);
    }
    for (id, name) in topics {
        text.push_str(&format!("  {id}{}\n", (language.topic)(&name)));
    }
    for edge in edges {
        text.push_str(&format!("  {edge}\n"));
    }
    text.push_str(language.tail);
    text
}

fn shape(language: &Language, node: &Node<'_>) -> String {
    match node.kind {
        Kind::Source(_) => (language.source)(&node.name),
        Kind::Processor(_) => (language.processor)(&node.name),
        Kind::Sink(_) => (language.sink)(&node.name),
    }
}

/// Mermaid knows HTML's entities, and nothing else, between quotes.
fn mermaid_text(name: &str) -> String {
    name.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

fn dot_text(name: &str) -> String {
    name.replace('\\', "\\\\").replace('"', "\\\"")
}
