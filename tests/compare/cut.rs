//! Sub-topologies, their topics and their stores are those of Kafka Streams.

use std::collections::BTreeSet;

use streams::topology::TopologyDescription;

/// What a sub-topology reads, writes and keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    reads: BTreeSet<String>,
    writes: BTreeSet<String>,
    stores: BTreeSet<String>,
    /// Of stores: the names of the nodes that use them do not matter, how many there are does.
    processors_with_stores: usize,
}

fn between<'t>(line: &'t str, before: &str, after: char) -> Option<&'t str> {
    line.split_once(before)?.1.split(after).next()
}

fn names(list: &str) -> impl Iterator<Item = String> + '_ {
    list.split(", ").filter(|name| !name.is_empty()).map(str::to_owned)
}

/// Reads the text of a description: ours and Kafka Streams' have one form.
fn parts(text: &str) -> BTreeSet<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("Sub-topology:") {
            parts.push(Part::default());
        }
        let Some(part) = parts.last_mut() else { continue };
        if let Some(topics) = between(line, "(topics: [", ']') {
            part.reads.extend(names(topics));
        }
        if let Some(topic) = between(line, "(topic: ", ')') {
            part.writes.insert(topic.to_owned());
        }
        if let Some(stores) = between(line, "(stores: [", ']') {
            part.stores.extend(names(stores));
            part.processors_with_stores += usize::from(!stores.is_empty());
        }
    }
    parts.into_iter().collect()
}

/// A stream join is two nodes with stores here, where Kafka Streams has four: see the book.
fn without_numbers_of_a_stream_join(mut parts: BTreeSet<Part>) -> BTreeSet<Part> {
    let is_join = |part: &Part| part.stores.iter().any(|s| s.ends_with("-join-store"));
    let joins: Vec<Part> = parts.iter().filter(|p| is_join(p)).cloned().collect();
    for join in joins {
        parts.remove(&join);
        parts.insert(Part { processors_with_stores: 0, ..join });
    }
    parts
}

fn recorded(name: &str) -> String {
    let all = include_str!("java/describe.txt");
    let mut topologies = all.split("# ").filter_map(|text| text.split_once('\n'));
    topologies.find(|(found, _)| *found == name).unwrap().1.to_owned()
}

#[test]
fn the_topologies_are_cut_as_kafka_streams_cuts_them() {
    for (name, description) in super::all() {
        let ours = without_numbers_of_a_stream_join(parts(&description.to_string()));
        let theirs = without_numbers_of_a_stream_join(parts(&recorded(name)));
        assert_eq!(ours, theirs, "{name}:\n{description}\n{}", recorded(name));
    }
}

/// Everything about a node but its name.
fn shape(text: &str) -> Vec<String> {
    let kinds = ["Source: ", "Processor: ", "Sink: "];
    let line = |line: &str| -> Option<String> {
        let line = line.trim();
        let kind = kinds.iter().find(|kind| line.starts_with(**kind))?;
        Some(format!("{kind}{}", line.split_once(" (")?.1))
    };
    let mut all: Vec<String> = text.lines().filter_map(line).collect();
    all.sort();
    all
}

#[test]
fn where_nothing_is_different_by_design_the_nodes_are_the_same() {
    let find = |name: &str| -> &'static TopologyDescription {
        super::all().into_iter().find(|(found, _)| *found == name).unwrap().1
    };
    for name in ["spending", "enrich", "latest"] {
        assert_eq!(shape(&find(name).to_string()), shape(&recorded(name)), "{name}");
    }
    // Java drops null keys before a repartition in a node of its own.
    for name in ["word_count", "matched"] {
        let ours = shape(&find(name).to_string()).len();
        assert!(recorded(name).contains("-repartition-filter"), "{name}");
        let join = if name == "matched" { 2 } else { 0 };
        assert_eq!(ours + 1 + join, shape(&recorded(name)).len(), "{name}");
    }
}

/// The first and the last line of the form, and how names are listed.
#[test]
fn the_text_has_the_form_of_kafka_streams() {
    let text = super::topologies::enrich::app().description().to_string();
    assert!(text.starts_with(
        "Topologies:\n   Sub-topology: 0\n    Source: orders (topics: [orders])\n      --> "
    ));
    assert!(text.contains("Processor: customers (stores: [customers])\n      --> none\n      <-- customers-source\n"), "{text}");
}
