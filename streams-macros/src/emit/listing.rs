//! The repartition topics of a topology as text: they stand in the doc comment of `app()`, where an
//! editor and `cargo doc` show them.

use crate::model::{Graph, NodeId, Repartition, TopicId, TopicRole};

/// Markdown, or nothing where there is none.
pub(super) fn repartitions(graph: &Graph) -> String {
    let mut lines: Vec<String> = graph.repartitions.iter().map(|r| line(graph, r)).collect();
    let told = |topic| graph.repartitions.iter().any(|r| r.topic == topic);
    for (number, topic) in graph.topics.iter().enumerate() {
        let id = TopicId(number);
        if topic.role == TopicRole::Repartition && !told(id) {
            lines.push(format!(
                "- `{}`: a table's rows on their way to their groups",
                name(graph, id)
            ));
        }
    }
    if lines.is_empty() {
        return String::new();
    }
    format!("\n# Repartition topics\n\n{}", lines.join("\n"))
}

fn line(graph: &Graph, repartition: &Repartition) -> String {
    let name = name(graph, repartition.topic);
    if !repartition.implicit {
        return format!("- `{name}`: asked for by `repartition({})`", repartition.at);
    }
    let cause = changes_key(graph, repartition.node);
    let cause = cause.map_or_else(String::new, |word| format!(" in `{word}`"));
    format!("- `{name}`: the key changes{cause}, and `{}` goes by key", repartition.at)
}

fn name(graph: &Graph, topic: TopicId) -> String {
    let name = graph.topic(topic).name.to_string();
    name.trim_matches('"').to_owned()
}

/// The word of the operator before `node` that last gave records another key.
fn changes_key(graph: &Graph, node: NodeId) -> Option<&'static str> {
    let mut open: Vec<NodeId> = graph.node(node).inputs.clone();
    while let Some(id) = open.pop() {
        let node = graph.node(id);
        let word = node.operator.word();
        if matches!(word, "select_key" | "map" | "flat_map") {
            return Some(if node.name.starts_with("group_by-") { "group_by" } else { word });
        }
        open.extend(&node.inputs);
    }
    None
}
