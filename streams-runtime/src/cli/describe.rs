//! The topology as text, much as Kafka Streams' `Topology.describe()` prints it.

use std::fmt::Write;

use streams_core::topology::{
    NodeDescription, SubtopologyDescription, TopicRole, TopologyDescription,
};

/// The text of `describe`.
pub fn describe(topology: &TopologyDescription) -> String {
    let mut text = String::from("Topologies:\n");
    for (number, subtopology) in topology.subtopologies.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "   Sub-topology: {number}");
        for node in subtopology.nodes {
            let _ = node_lines(&mut text, topology, subtopology, node);
        }
        text.push('\n');
    }
    text
}

fn node_lines(
    text: &mut String,
    topology: &TopologyDescription,
    subtopology: &SubtopologyDescription,
    node: &NodeDescription,
) -> std::fmt::Result {
    let name = node.name;
    match node.operator {
        "source" | "table" => {
            let source = subtopology.sources.iter().find(|s| s.name == name || reads(s.name, name));
            let topic = source.and_then(|s| topology.topic(s.topic)).map_or("?", |t| t.name);
            writeln!(text, "    Source: {name} (topics: [{topic}])")?;
        }
        "to" | "repartition" => {
            let target = topic_of(topology, name);
            writeln!(text, "    Sink: {name} (topic: {target})")?;
        }
        operator => {
            let stores = node.stores.join(", ");
            writeln!(text, "    Processor: {name} ({operator}, stores: [{stores}])")?;
        }
    }
    let next: Vec<&str> =
        subtopology.nodes.iter().filter(|n| n.inputs.contains(&name)).map(|n| n.name).collect();
    if !next.is_empty() {
        writeln!(text, "      --> {}", next.join(", "))?;
    }
    if !node.inputs.is_empty() {
        writeln!(text, "      <-- {}", node.inputs.join(", "))?;
    }
    for line in node.doc.lines() {
        writeln!(text, "      {line}")?;
    }
    Ok(())
}

/// The reading side of a repartition topic is called after it.
fn reads(source: &str, node: &str) -> bool {
    node.strip_suffix("-source") == Some(source)
}

fn topic_of(topology: &TopologyDescription, node: &str) -> String {
    let repartition = node.strip_suffix("-sink");
    let found = topology.topics.iter().find(|t| match t.role {
        TopicRole::Repartition => repartition == Some(t.name),
        _ => false,
    });
    found.map_or_else(|| node.to_owned(), |t| t.name.to_owned())
}
