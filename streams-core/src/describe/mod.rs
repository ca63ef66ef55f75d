//! The topology for people and programs: as text like that of Kafka Streams'
//! `TopologyDescription`, as a graph for mermaid and for Graphviz, and as JSON.

mod graph;
mod json;
mod text;
mod view;

#[cfg(test)]
mod tests;

use std::fmt;

use crate::topology::TopologyDescription;
use view::View;

impl fmt::Display for TopologyDescription {
    /// As Kafka Streams' `Topology.describe()` prints it, with this topology's names; lines of doc
    /// comments follow what they describe, after `//`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::text(&View::new(self)))
    }
}

impl TopologyDescription {
    /// A [mermaid](https://mermaid.js.org) flowchart.
    pub fn to_mermaid(&self) -> String {
        graph::mermaid(&View::new(self))
    }

    /// A graph in Graphviz' language.
    pub fn to_dot(&self) -> String {
        graph::dot(&View::new(self))
    }

    /// JSON: `name`, `topics`, and `subtopologies` with their `nodes` and `stores`.
    pub fn to_json(&self) -> String {
        json::json(&View::new(self))
    }
}
